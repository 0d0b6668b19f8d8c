// SPDX-License-Identifier: GPL-2.0-only
// What the probe sends as the first process of a virtual machine, over a line where bytes may be
// lost and a kernel may die in the middle: frames with lengths and checksums, between a begin and
// an end. conformance/probe/init.c is the other side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

class FrameReader {
 public:
  // Takes any bytes; throws UnavailableError where they are not what was sent.
  void feed(std::string_view bytes);
  // The next line of the answers into `line`; false: more bytes are needed, or it is the end.
  bool next_line(std::string* line);

  bool begun() const { return begun_; }
  bool ended() const { return ended_; }
  // How the probe ended, where that was not with status 0; else empty.
  const std::string& failure() const { return failure_; }
  // Modules that did not load: "sctp ENOEXEC".
  const std::vector<std::string>& failed_modules() const { return failed_modules_; }

 private:
  void take_head(std::string_view line);
  void take_end(std::string_view line);

  std::string raw_, text_;
  size_t line_begin_ = 0;
  size_t frame_left_ = 0;
  uint32_t frame_sum_ = 0, total_sum_ = 0;
  uint64_t total_ = 0;
  bool begun_ = false, ended_ = false;
  std::string failure_;
  std::vector<std::string> failed_modules_;
};

}  // namespace sockoracle
