// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/frames.h"

#include <zlib.h>

#include <charconv>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"

namespace sockoracle {
namespace {

constexpr std::string_view kBegin = "begin sockoracle.frames/1";
constexpr size_t kFrameMax = 1 << 16, kHeadMax = 512;

[[noreturn]] void fail(std::string_view what, std::string_view line = {}) {
  std::string text = "the machine's answers are damaged: " + std::string(what);
  for (const char c : line.substr(0, 60)) text += c >= ' ' && c <= '~' ? c : '?';
  throw UnavailableError(text);
}

template <typename Number>
Number take_number(std::string_view& line, int base) {
  const std::string_view word = take_word(line);
  const std::optional<Number> number = whole_number<Number>(word, base);
  if (!number) fail("no number: ", word);
  return *number;
}

uint32_t sum_of(uint32_t before, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

}  // namespace

void FrameReader::take_end(std::string_view line) {
  if (take_number<uint64_t>(line, 10) != total_ || take_number<uint32_t>(line, 16) != total_sum_) {
    fail("frames are missing");
  }
  const std::string_view how = take_word(line);
  const int number = take_number<int>(line, 10);
  ended_ = true;
  if (how == "status" && number == 0) return;
  failure_ = how == "signal" ? "was killed by signal " : "ended with status ";
  failure_ += std::to_string(number);
}

void FrameReader::take_head(std::string_view line) {
  if (!begun_) {
    // Firmware may have talked on the line before.
    begun_ = line.size() >= kBegin.size() && line.substr(line.size() - kBegin.size()) == kBegin;
    return;
  }
  const std::string_view whole = line, word = take_word(line);
  if (word == "frame") {
    frame_left_ = take_number<size_t>(line, 10);
    frame_sum_ = take_number<uint32_t>(line, 16);
    if (frame_left_ == 0 || frame_left_ > kFrameMax) fail("a frame of impossible length");
  } else if (word == "module") {
    if (line.size() < 3 || line.substr(line.size() - 3) != " ok")
      failed_modules_.emplace_back(line);
  } else if (word == "end") {
    take_end(line);
  } else if (word != "note") {
    fail("between frames came ", whole);
  }
}

void FrameReader::feed(std::string_view bytes) {
  raw_ += bytes;
  size_t at = 0;
  while (!ended_) {
    if (frame_left_ != 0) {
      if (raw_.size() - at < frame_left_) break;
      const std::string_view frame(raw_.data() + at, frame_left_);
      if (sum_of(0, frame) != frame_sum_) fail("a frame's checksum does not hold");
      total_sum_ = sum_of(total_sum_, frame);
      total_ += frame.size();
      text_ += frame;
      at += frame_left_;
      frame_left_ = 0;
      continue;
    }
    const size_t newline = raw_.find('\n', at);
    if (newline == std::string::npos) {
      if (begun_ && raw_.size() - at > kHeadMax) fail("a line without an end");
      break;
    }
    take_head(std::string_view(raw_).substr(at, newline - at));
    at = newline + 1;
  }
  raw_.erase(0, at);
}

bool FrameReader::next_line(std::string* line) {
  const size_t newline = text_.find('\n', line_begin_);
  if (newline == std::string::npos) {
    text_.erase(0, line_begin_);
    line_begin_ = 0;
    return false;
  }
  line->assign(text_, line_begin_, newline - line_begin_);
  line_begin_ = newline + 1;
  return true;
}

}  // namespace sockoracle
