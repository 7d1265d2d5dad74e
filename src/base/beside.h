// Work on a second core while the caller goes on. Where there is no second thread to have (WebAssembly, a
// system that refuses one) the work is done when it is waited for: the result is the same either way.
#pragma once

namespace haoline {

class Beside {
 public:
  // `work(data)` begins now. It may touch nothing that the caller changes before wait().
  Beside(void (*work)(void*), void* data);
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside() { wait(); }
  void wait();

 private:
  static void* run(void* self);

  void (*work_)(void*);
  void* data_;
  bool is_done_ = false;
  bool is_running_ = false;
  unsigned long thread_ = 0;
};

}  // namespace haoline
