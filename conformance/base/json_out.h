// SPDX-License-Identifier: GPL-2.0-only
// Writes JSON into a string: one member or item per line, indented, so that it reads and diffs
// well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conformance/base/json_reader.h"

namespace sockoracle {

class JsonOut {
 public:
  // Members and items: begin and end must pair; `key` comes before each member's value.
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_list() { open('['); }
  void end_list() { close(']'); }
  void key(std::string_view name) {
    next();
    append_quoted(text_, name);
    text_ += ": ";
    after_key_ = true;
  }
  void text(std::string_view value) {
    next();
    append_quoted(text_, value);
  }
  void number(int64_t value) {
    next();
    text_ += std::to_string(value);
  }
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void null() { raw("null"); }
  // A value that is JSON already.
  void raw(std::string_view json) {
    next();
    text_ += json;
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, int64_t value) {
    key(name);
    number(value);
  }

  // The finished text, with a newline at its end.
  std::string take() { return std::move(text_) + "\n"; }

 private:
  void open(char bracket) {
    next();
    text_ += bracket;
    ++depth_;
    empty_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!empty_) newline();
    text_ += bracket;
    empty_ = false;
  }
  void next() {
    if (after_key_) {
      after_key_ = false;
      return;
    }
    if (depth_ == 0) return;
    if (!empty_) text_ += ',';
    newline();
    empty_ = false;
  }
  void newline() {
    text_ += '\n';
    text_.append(depth_ * 2, ' ');
  }

  std::string text_;
  size_t depth_ = 0;
  bool empty_ = true, after_key_ = false;
};

}  // namespace sockoracle
