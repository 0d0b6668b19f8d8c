// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/client/probe_client.h"

#include <charconv>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/plan/model_answers.h"
#include "model/observables.h"

namespace sockoracle {
namespace {

constexpr size_t kProbedMax = 256;

[[noreturn]] void fail(const std::string& why) { throw UnavailableError("the probe " + why); }

template <typename Number>
Number take_number(std::string_view& line, std::string_view whole) {
  const std::optional<Number> number = whole_number<Number>(take_word(line));
  if (!number) fail("answered what is no answer: " + std::string(whole.substr(0, 80)));
  return *number;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The words of the row after its name, as the probe's README.md says them.
std::string reading_request(const Observable& row) {
  switch (row.reading) {
    case Reading::sockopt:
      return "sockopt " + std::to_string(row.level) + " " + std::to_string(row.option) + " " +
             std::to_string(row.length) + " " + std::string(format_name(row.format));
    case Reading::sockname: return row.argument == "port" ? "sockname-port" : "sockname";
    case Reading::peername: return "peername";
    case Reading::fstat: return "fstat " + std::string(row.argument);
    case Reading::fcntl: return "fcntl " + std::string(row.argument);
    case Reading::ioctl: return "ioctl " + std::to_string(static_cast<uint32_t>(row.option));
    case Reading::xattr:
      return row.argument.empty() ? "listxattr" : "xattr " + std::string(row.argument);
    case Reading::proc: return std::string(row.argument);
    case Reading::field: break;
  }
  return {};
}

std::string grids_request(const Request& request) {
  std::string line = request.deep ? "deep " : "grids ";
  line += std::to_string(request.family) + " " + std::to_string(request.type) + " ";
  if (request.deep) return line + std::to_string(request.protocols.front().low);
  for (const ProtocolRange& range : request.protocols) {
    if (&range != &request.protocols.front()) line += ",";
    line += std::to_string(range.low) + " " + std::to_string(range.high);
  }
  return line;
}

bool continues(const Observation& last, const Observation& next) {
  return last.family == next.family && last.type == next.type && last.deep == next.deep &&
         last.error == next.error && last.state == next.state && last.high == next.low - int64_t{1};
}

}  // namespace

std::string staging_reason(std::string_view skipped, std::string_view context) {
  if (skipped.size() > context.size() && skipped.substr(0, context.size()) == context)
    skipped.remove_prefix(context.size() + 1);
  return "cannot be staged here: " + std::string(skipped);
}

std::string unescape_value(std::string_view text, bool all) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      const int byte = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
      if (all || (byte >= 0x20 && byte <= 0x7e)) {
        out += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<ProbedObservable> probed_observables() {
  std::vector<ProbedObservable> probed;
  const auto rows = observables();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!probe_reads(rows[i])) continue;
    std::string line = "observe " + std::to_string(probed.size()) + " ";
    line += rows[i].deep ? "deep " : "fast ";
    line += std::string(rows[i].name) + " " + reading_request(rows[i]);
    if (rows[i].symbolic) line += " sym";
    probed.push_back({i, std::move(line)});
  }
  if (probed.size() > kProbedMax) {
    fail("can be told " + std::to_string(kProbedMax) + " observables, not " +
         std::to_string(probed.size()));
  }
  return probed;
}

namespace {

std::vector<std::string> context_lines(const ContextPlan& plan) {
  std::vector<std::string> lines;
  lines.push_back("context " + std::string(plan.context->name) + " " + plan.operations);
  for (const Request& request : plan.requests) lines.push_back(grids_request(request));
  lines.push_back("leave");
  return lines;
}

}  // namespace

std::string request_lines(const Plan& plan) {
  std::string text;
  for (const ProbedObservable& probed : probed_observables()) text += probed.request + "\n";
  for (const ContextPlan& part : plan.contexts) {
    if (!part.skipped.empty()) continue;
    for (const std::string& line : context_lines(part)) text += line + "\n";
  }
  return text;
}

ProbeClient::ProbeClient(ProbeLink& probe, StateTable& states) : probe_(probe), states_(states) {
  for (const ProbedObservable& probed : probed_observables()) {
    probe_.send(probed.request);
    name_of_id_.push_back(states_.name_index(observables()[probed.row].name));
  }
}

void ProbeClient::queue(const ContextPlan& plan) {
  for (const std::string& line : context_lines(plan)) probe_.send(line);
}

// "state NUMBER ID=VALUE ID=VALUE ...", after its first word.
void ProbeClient::take_state(std::string_view line) {
  const std::string_view whole = line;
  const auto number = take_number<uint32_t>(line, whole);
  constexpr uint32_t kNumberMax = 1 << 16;
  if (number > kNumberMax) fail("numbers its states beyond reason");
  StateText state;
  state.values.reserve(name_of_id_.size());
  while (!line.empty()) {
    std::string_view entry = take_word(line);
    const size_t equals = entry.find('=');
    std::string_view id_text = entry.substr(0, equals);
    const auto id = take_number<uint32_t>(id_text, whole);
    if (id >= name_of_id_.size() || equals == std::string_view::npos) {
      fail("answered an observable it was not told: " + std::string(entry.substr(0, 40)));
    }
    state.values.emplace_back(name_of_id_[id], unescape_value(entry.substr(equals + 1)));
  }
  if (number >= state_of_number_.size()) state_of_number_.resize(number + size_t{1});
  state_of_number_[number] = states_.add(std::move(state));
}

void ProbeClient::collect_runs(const Request& request, const std::string& context,
                               Answers& answers) {
  while (true) {
    const std::string_view whole = probe_.receive();
    std::string_view line = whole;
    const std::string_view word = take_word(line);
    if (word == ".") return;
    if (word == "state") {
      take_state(line);
      continue;
    }
    if (word == "context") {
      // "context NAME died SIGNAL", in place of the rest of the answer.
      fail("died in context " + context + ": " + std::string(line));
    }
    if (word != "r" && word != "s") {
      fail("answered in context " + context + ": " + std::string(whole.substr(0, 160)));
    }
    Observation run{.family = request.family, .type = request.type, .deep = request.deep};
    run.low = take_number<int32_t>(line, whole);
    run.high = take_number<int32_t>(line, whole);
    if (word == "s") {
      const auto number = take_number<uint32_t>(line, whole);
      if (number >= state_of_number_.size()) fail("used a state that it did not say before");
      run.state = state_of_number_[number];
    } else if (!parse_outcome(line, &run.error)) {
      fail("answered an errno without a name: " + std::string(line.substr(0, 40)));
    }
    if (!answers.observations.empty() && continues(answers.observations.back(), run)) {
      answers.observations.back().high = run.high;
    } else {
      answers.observations.push_back(run);
    }
  }
}

Answers ProbeClient::collect(const ContextPlan& plan) {
  Answers answers;
  answers.context = plan.context->name;
  answers.left_out = plan.left_out;
  state_of_number_.clear();
  std::string_view line = probe_.receive();
  const std::string begin = "context " + answers.context + " ";
  if (line.substr(0, begin.size()) != begin) {
    fail("refused context " + answers.context + ": " + std::string(line.substr(0, 160)));
  }
  line.remove_prefix(begin.size());
  const std::string_view word = take_word(line);
  if (word == "skip") {
    answers.skipped = staging_reason(line, answers.context);
    answers.skipped_cases = count_cases(plan) + count_cases(plan.left_out);
    answers.left_out.clear();
  } else if (word != "ok") {
    fail("died in context " + answers.context + ": " + std::string(line));
  }
  for (const Request& request : plan.requests) {
    if (answers.skipped.empty()) {
      collect_runs(request, answers.context, answers);
      continue;
    }
    probe_.receive();  // "void NAME": nothing runs in a context that is not there
  }
  line = probe_.receive();
  if (line != "left " + answers.context) {
    fail("died in context " + answers.context + ": " + std::string(line.substr(0, 160)));
  }
  return answers;
}

}  // namespace sockoracle
