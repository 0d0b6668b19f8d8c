// SPDX-License-Identifier: GPL-2.0-only
// The command strace: the calls of logs against the model, as text and as JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conformance/judge/strace_log.h"
#include "conformance/world/world_text.h"
#include "model/verdict.h"

namespace sockoracle {

enum class Judged : uint8_t {
  ok,
  elsewhere,  // the model answers otherwise, but so in a world near this one
  differs,    // nor does any world near this one answer so
  unknown,    // answered otherwise, but the log does not say who asked
  outside,    // of a family without a model
  no_result,  // the log does not have it
};

// A world near this one that answers as the log says.
struct Elsewhere {
  std::string how;                      // "with --module ipv6=absent", "by a seccomp filter"
  std::string_view rule, sentence;      // who answers there; "created" where nobody refuses
  std::vector<std::string_view> words;  // who does so, as people meet it
};

// What is said about calls that are the same question with the same answer.
struct StraceVerdict {
  LoggedCall call;            // the first of them
  std::vector<size_t> lines;  // of all
  Judged judged{};
  int32_t predicted = 0;  // as the model answers, by this rule
  Rule rule{};
  std::vector<Elsewhere> elsewhere;  // likely ones first; none contradicts another line
};

struct StraceVerdicts {
  std::vector<StraceVerdict> all;  // in the order of their first lines
  size_t calls = 0, differ = 0, unknown = 0, outside = 0;
  size_t checked = 0;  // calls with a result that the model was asked about
};
StraceVerdicts judge_strace(const StraceLog& log, const Setting& setting);
// Do the flags say which kernel the log is of? Else another one may explain an answer.
bool release_chosen(const Setting& setting);

// The same for one call that is in no log, made in `c`'s world on that very kernel.
std::vector<Elsewhere> near_worlds(const Case& c, int32_t error);

std::string strace_text(const StraceLog& log, const StraceVerdicts& verdicts,
                        const Setting& setting);
// All logs in one object; conformance/README.md describes it.
// `verdicts` are those of the logs, in their order.
std::string strace_json(std::span<const StraceLog> logs, std::span<const StraceVerdicts> verdicts,
                        const Setting& setting);

// 0 every line is explained, 1 some differ, 4 nothing to check; 64, thrown: a file that is no log.
int command_strace(const std::vector<std::string>& files, const std::vector<Item>& items,
                   bool json);

}  // namespace sockoracle
