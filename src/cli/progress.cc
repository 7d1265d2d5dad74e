#include "cli/progress.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "cli/console.h"
#include "report/format.h"
#include "report/utf8.h"

namespace haoline::cli {

struct Progress::Ticker {
  using Clock = std::chrono::steady_clock;

  Ticker(const std::string& what, bool on_terminal)
      : what_(shortened(safe(what), 50)), on_terminal_(on_terminal) {
    if (!on_terminal_) {
      std::fprintf(stderr, "haoline: reading %s\n", what_.c_str());
      return;
    }
    thread_ = std::thread([this] { run(); });
  }
  std::atomic<const char*> phase{"reading"};

  ~Ticker() {
    if (!on_terminal_) {
      std::fprintf(stderr, "haoline: done with %s in %.1f s\n", what_.c_str(), seconds());
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      is_done_ = true;
    }
    changed_.notify_one();
    thread_.join();
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void run() {
    std::unique_lock lock(mutex_);
    auto wait = std::chrono::milliseconds(1000);
    while (!changed_.wait_for(lock, wait, [this] { return is_done_; })) {
      std::fprintf(stderr, "\r\x1b[K%s  %s  %.0f s", what_.c_str(), phase.load(std::memory_order_relaxed),
                   seconds());
      std::fflush(stderr);
      shown_ = true;
      wait = std::chrono::milliseconds(200);
    }
  }

  std::string what_;
  bool on_terminal_;
  bool is_done_ = false;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

Progress::Progress(const Arguments& arguments, const std::string& what) {
  const bool watched = is_terminal_error();
  if (arguments.quiet || (!watched && !arguments.progress)) return;
  ticker_ = std::make_unique<Ticker>(what, watched);
}
Progress::~Progress() = default;

std::atomic<const char*>* Progress::phase() {
  return ticker_ ? &ticker_->phase : nullptr;
}

}  // namespace haoline::cli
