// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/progress.h"

#include <unistd.h>

#include <cstdio>

namespace sockoracle {

Progress::Progress(size_t total)
    : shown_(isatty(STDERR_FILENO) != 0), total_(total), begin_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_ && done_ != 0) std::fputs("\r\x1b[K", stderr);
}

void Progress::done(std::string_view what) {
  ++done_;
  if (!shown_) return;
  using Seconds = std::chrono::duration<double>;
  const double spent = Seconds(std::chrono::steady_clock::now() - begin_).count();
  const size_t left = total_ > done_ ? total_ - done_ : 0;
  const double expected = spent / static_cast<double>(done_) * static_cast<double>(left);
  std::fprintf(stderr, "\r\x1b[K%zu of %zu contexts (%.*s), %.1f s left", done_, total_,
               static_cast<int>(what.size()), what.data(), expected);
  std::fflush(stderr);
}

}  // namespace sockoracle
