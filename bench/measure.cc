// Runs a command and prints "CPU-seconds wall-seconds peak-KiB" of that process alone. A small program of its
// own, because a process inherits the peak of whoever started it: measured from Python every peak is at least
// Python's.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  struct rusage use{};
  if (child < 0 || wait4(child, &status, 0, &use) != child || status != 0) return 1;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  std::printf("%.6f %.6f %ld\n", seconds(use.ru_utime) + seconds(use.ru_stime), wall.count(), use.ru_maxrss);
  return 0;
}
