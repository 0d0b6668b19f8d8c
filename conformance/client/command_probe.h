// SPDX-License-Identifier: GPL-2.0-only
// The probe behind a launcher: a sandbox, an emulator, a container, another machine. Whatever runs
// a program and passes its standard input and output through will do.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/client/probe_client.h"

namespace sockoracle {

// The words of a command, split as a shell splits them: blanks separate, '...' is literal, "..."
// and \ quote. Nothing is expanded: no variable, no pattern, no operator. Throws UsageError that
// begins with `origin`.
std::vector<std::string> split_words(std::string_view text, const std::string& origin);

// How a probe is launched. "{probe}" in a word is the path of the probe's file, which lies in a
// private folder until the end; where no word has it, it is the last argument.
struct Launch {
  std::vector<std::string> words;
  std::string package{};  // what brings the program, for the message that it is missing
};

class CommandProbe final : public ProbeLink {
 public:
  explicit CommandProbe(const Launch& launch);
  ~CommandProbe() override;
  void send(std::string_view line) override { process_->send(line); }
  std::string_view receive() override;

 private:
  void start(const Launch& launch, const std::vector<std::string>& words);
  std::string last_words() const;

  std::string name_;           // the launcher, for messages
  std::string folder_, file_;  // where the probe lies
  int errors_ = -1;            // its standard error
  int guard_ = -1;             // the way to the process that cleans up after us
  pid_t guard_pid_ = -1;
  std::unique_ptr<ProbeProcess> process_;
};

// The first line that a command prints, or "": how a launcher says its version.
std::string first_line_of(const std::vector<std::string>& words);

}  // namespace sockoracle
