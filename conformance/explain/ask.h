// SPDX-License-Identifier: GPL-2.0-only
// `ask`: JSON Lines in, JSON Lines out; the oracle for test suites in any language.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "conformance/world/world_text.h"

namespace sockoracle {

// What makes a setting of items: build_setting, or what knows of filters as well.
using BuildSetting = Setting (*)(const std::vector<Item>&);

// Answers lines one by one. Worlds and answers are remembered by their text: test suites ask about
// few worlds and repeat calls.
class Oracle {
 public:
  // `defaults`: the world flags of the command line; a line's own world comes on top of them.
  explicit Oracle(std::vector<Item> defaults, BuildSetting build = build_setting);
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // Appends the answer to one line, with its newline. False where the line is malformed: then the
  // answer is {"error":"line N: ..."}.
  bool answer(std::string_view line, size_t number, std::string* out);

 private:
  struct Known;
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Known& known_world(std::string_view text);
  const std::string& known_answer(Known& known, std::string_view call);
  void forget_if_full(size_t more);

  std::vector<Item> defaults_;
  BuildSetting build_;
  std::unordered_map<std::string, std::unique_ptr<Known>, TextHash, std::equal_to<>> worlds_;
  size_t bytes_ = 0;
};

// Reads standard input until its end; flushes whenever no more input is waiting. The exit status.
int command_ask(std::vector<Item> defaults, BuildSetting build = build_setting);

}  // namespace sockoracle
