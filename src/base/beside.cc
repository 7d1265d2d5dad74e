#include "base/beside.h"

#ifdef __linux__
#include <pthread.h>
#define HAOLINE_HAS_THREADS 1
#endif

namespace haoline {

#ifdef HAOLINE_HAS_THREADS

void* Beside::run(void* self) {
  const auto* beside = static_cast<const Beside*>(self);
  beside->work_(beside->data_);
  return nullptr;
}

Beside::Beside(void (*work)(void*), void* data) : work_(work), data_(data) {
  static_assert(sizeof(pthread_t) <= sizeof(thread_));
  pthread_t thread{};
  is_running_ = pthread_create(&thread, nullptr, run, this) == 0;
  thread_ = static_cast<unsigned long>(thread);
}

void Beside::wait() {
  if (is_running_) {
    pthread_join(static_cast<pthread_t>(thread_), nullptr);
    is_running_ = false;
    is_done_ = true;
  }
  if (!is_done_) work_(data_);
  is_done_ = true;
}

#else

void* Beside::run(void*) {
  return nullptr;
}

Beside::Beside(void (*work)(void*), void* data) : work_(work), data_(data) {}

void Beside::wait() {
  if (!is_done_) work_(data_);
  is_done_ = true;
}

#endif

}  // namespace haoline
