// SPDX-License-Identifier: GPL-2.0-only
// One line on stderr that says how far long work is; nothing at all where stderr is no terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace sockoracle {

class Progress {
 public:
  explicit Progress(size_t total);
  ~Progress();  // takes the line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void done(std::string_view what);

 private:
  bool shown_;
  size_t done_ = 0, total_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace sockoracle
