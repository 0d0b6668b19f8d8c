// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/ask.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/text_file.h"
#include "conformance/explain/explain.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/state_json.h"
#include "conformance/words/step_text.h"
#include "conformance/world/call_filter.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kCacheBytesMax = 32u << 20;
constexpr size_t kLineMax = 64u << 10;
constexpr size_t kFlushAt = 256u << 10;
constexpr std::string_view kOutside = "{\"modelled\":false";  // how such an answer begins

// The raw JSON of a line's two members. A full parse of each line would cost more than its answer:
// this only finds where the members begin and end; what is in them is parsed when it is new.
struct Members {
  std::string_view call, world;
};

class LineScanner {
 public:
  explicit LineScanner(std::string_view line) : line_(line) {}

  Members members() {
    Members found;
    expect('{');
    do {
      const std::string_view key = string();
      expect(':');
      blanks();
      const size_t start = at_;
      value();
      if (start == at_) refuse("a member without a value");
      std::string_view* const place = key == "\"call\""    ? &found.call
                                      : key == "\"world\"" ? &found.world
                                                           : nullptr;
      if (place == nullptr)
        refuse("unknown key " + std::string(key) + ", accepted are call, world");
      if (!place->empty()) refuse("the key " + std::string(key) + " twice");
      *place = line_.substr(start, at_ - start);
    } while (take(','));
    expect('}');
    blanks();
    if (at_ != line_.size()) refuse("something after the object");
    if (found.call.empty()) refuse("no \"call\"");
    return found;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw UsageError(what + "; accepted is {\"call\": CALL, \"world\": {...}}");
  }

  void blanks() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(std::string("expected ") + c + " at byte " + std::to_string(at_ + 1));
  }

  std::string_view string() {
    blanks();
    const size_t start = at_;
    expect('"');
    while (at_ < line_.size() && line_[at_] != '"') at_ += line_[at_] == '\\' ? 2 : 1;
    if (at_ >= line_.size()) refuse("a string without its end");
    ++at_;
    return line_.substr(start, at_ - start);
  }

  // Any value: a string, or everything up to the comma or bracket that ends it.
  void value() {
    size_t depth = 0;
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (c == '"') {
        string();
        if (depth == 0) return;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
      if ((c == '}' || c == ']') && --depth == 0) {
        ++at_;
        return;
      }
      ++at_;
    }
    refuse("a value without its end");
  }

  std::string_view line_;
  size_t at_ = 0;
};

Call call_of_text(std::string_view text) {
  Call call;
  CallError error;
  if (!parse_call(text, &call, &error))
    throw UsageError("call, character " + std::to_string(error.position + 1) + ": accepted is " +
                     std::string(error.accepted));
  return call;
}

Entry entry_of(const JsonTree& json) {
  for (const Entry entry : {Entry::socket, Entry::socketpair, Entry::io_uring, Entry::socketcall})
    if (json.kind == JsonTree::Kind::text && json.text == entry_name(entry)) return entry;
  throw UsageError("call.entry: accepted is socket, socketpair, io_uring or socketcall");
}

// A call, and what its registers hold above the ints: for filters only.
struct AskedCall {
  Call call;
  UpperHalves upper{};
};

UpperHalves upper_of(const JsonTree& json) {
  UpperHalves upper{};
  const auto fits = [](const JsonTree& half) {
    return half.kind == JsonTree::Kind::number && half.number >= 0 && half.number <= UINT32_MAX;
  };
  if (json.kind != JsonTree::Kind::list || json.items.size() != upper.size() ||
      !std::all_of(json.items.begin(), json.items.end(), fits))
    throw UsageError("call.upper: accepted is a list of three numbers of 32 bits");
  for (size_t i = 0; i < upper.size(); ++i) upper[i] = static_cast<uint32_t>(json.items[i].number);
  return upper;
}

AskedCall call_of_object(const JsonTree& json) {
  AskedCall asked;
  Call& call = asked.call;
  int32_t* const fields[] = {&call.family, &call.type, &call.protocol};
  constexpr std::string_view kNames[] = {"family", "type", "protocol"};
  bool seen[3] = {};
  for (size_t i = 0; i < json.items.size(); ++i) {
    const std::string& key = json.keys[i];
    const JsonTree& value = json.items[i];
    const auto name = std::find(std::begin(kNames), std::end(kNames), key);
    if (name != std::end(kNames)) {
      const auto index = static_cast<size_t>(name - std::begin(kNames));
      if (value.kind != JsonTree::Kind::number || value.number < INT32_MIN ||
          value.number > UINT32_MAX)
        throw UsageError("call." + key + ": accepted is a 32-bit number");
      *fields[index] = static_cast<int32_t>(static_cast<uint32_t>(value.number));
      seen[index] = true;
    } else if (key == "entry") {
      call.entry = entry_of(value);
    } else if (key == "upper") {
      asked.upper = upper_of(value);
    } else {
      throw UsageError("call: unknown key \"" + key +
                       "\", accepted are family, type, protocol, entry, upper");
    }
  }
  if (!seen[0] || !seen[1] || !seen[2])
    throw UsageError("call: accepted is an object with family, type and protocol");
  return asked;
}

AskedCall call_of(std::string_view raw) {
  if (raw.front() == '"' && raw.find('\\') == std::string_view::npos)
    return {call_of_text(raw.substr(1, raw.size() - 2)), {}};
  JsonTree json;
  std::string reason;
  if (!read_json(raw, &json, &reason)) throw UsageError("call: " + reason);
  if (json.kind == JsonTree::Kind::text) return {call_of_text(json.text), {}};
  if (json.kind == JsonTree::Kind::object) return call_of_object(json);
  throw UsageError("call: accepted is strace's notation, or an object with family, type, protocol");
}

// Which filter and which of its rules, where one answered.
void append_filter(std::string& out, const Setting& setting, const AskedCall& asked) {
  out += ",\"filter\":[";
  const char* comma = "";
  for (const std::string& line : setting.filter->reasons(asked.call, asked.upper)) {
    out += comma;
    append_quoted(out, line);
    comma = ",";
  }
  out += ']';
}

void append_answer(std::string& out, const Setting& setting, const AskedCall& asked) {
  const Answer answer = ask({world_for(setting, asked.call, asked.upper), asked.call});
  const Release release = setting.world.release;
  const std::string& release_note = setting.release_note;
  const Verdict& verdict = answer.verdict;
  const RuleRow& rule = row(verdict.rule);
  if (!is_modelled(verdict.rule)) {
    out += kOutside;
  } else {
    out += "{\"errno\":";
    if (verdict.error == 0) out += "null";
    else append_quoted(out, answer_name(verdict.error));
  }
  out += ",\"rule\":\"";
  out += rule.name;
  out += "\",\"where\":\"";
  out += where_of(verdict.rule, release, asked.call);
  out += "\",\"steps\":[";
  for (size_t i = 0; i < answer.steps.size(); ++i) {
    if (i != 0) out += ',';
    append_step_json(out, answer.steps[i]);
  }
  out += "],\"state\":";
  append_state(out, answer);
  out += ",\"hazards\":";
  append_hazards(out, verdict.hazards);
  if (verdict.rule == Rule::seccomp_filter && setting.filter != nullptr)
    append_filter(out, setting, asked);
  if (!release_note.empty()) {
    out += ",\"release_note\":";
    append_quoted(out, release_note);
  }
  out += "}\n";
}

// Everything, or the end of the program: what has been read is gone.
void write_all(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw UnavailableError(std::string("standard output: ") + std::strerror(errno));
    done += static_cast<size_t>(wrote);
  }
}

bool input_waits() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) > 0;
}

// Standard input, line by line. A line beyond kLineMax is cut there, and what follows is dropped.
class Lines {
 public:
  template <class OnLine, class OnPause>
  void each(const OnLine& on_line, const OnPause& on_pause) {
    char chunk[64u << 10];
    for (;;) {
      if (!input_waits()) on_pause();
      const ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw UnavailableError(std::string("standard input: ") + std::strerror(errno));
      if (got == 0) break;
      split({chunk, static_cast<size_t>(got)}, on_line);
    }
    if (!pending_.empty()) on_line(pending_);
  }

 private:
  template <class OnLine>
  void split(std::string_view text, const OnLine& on_line) {
    for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
      if (pending_.empty()) {
        on_line(text.substr(0, end));
      } else {
        keep(text.substr(0, end));
        on_line(pending_);
        pending_.clear();
      }
      text.remove_prefix(end + 1);
    }
    keep(text);
  }
  void keep(std::string_view text) {
    const size_t room = kLineMax + 1 - std::min(kLineMax + 1, pending_.size());
    pending_ += text.substr(0, room);
  }

  std::string pending_;
};

}  // namespace

struct Oracle::Known {
  Setting setting;
  std::unordered_map<std::string, std::string, TextHash, std::equal_to<>> answers;  // by call
};

Oracle::Oracle(std::vector<Item> defaults, BuildSetting build)
    : defaults_(std::move(defaults)), build_(build) {}
Oracle::~Oracle() = default;

void Oracle::forget_if_full(size_t more) {
  bytes_ += more;
  if (bytes_ <= kCacheBytesMax) return;
  worlds_.clear();
  bytes_ = more;
}

Oracle::Known& Oracle::known_world(std::string_view text) {
  if (const auto found = worlds_.find(text); found != worlds_.end()) return *found->second;
  std::vector<Item> items = defaults_;
  if (!text.empty()) items_of_json(text, {}, &items);
  auto known = std::make_unique<Known>();
  known->setting = build_(items);
  tell_conditions(known->setting);
  forget_if_full(text.size() + sizeof(Known));
  return *worlds_.emplace(std::string(text), std::move(known)).first->second;
}

const std::string& Oracle::known_answer(Known& known, std::string_view call) {
  if (const auto found = known.answers.find(call); found != known.answers.end())
    return found->second;
  std::string text;
  append_answer(text, known.setting, call_of(call));
  bytes_ += call.size() + text.size() + 128;
  return known.answers.emplace(std::string(call), std::move(text)).first->second;
}

bool Oracle::answer(std::string_view line, size_t number, std::string* out) {
  try {
    if (line.size() > kLineMax)
      throw UsageError("at most " + std::to_string(kLineMax) + " bytes are accepted");
    const Members members = LineScanner(line).members();
    forget_if_full(0);
    *out += known_answer(known_world(members.world), members.call);
    return true;
  } catch (const UsageError& error) {
    *out += "{\"error\":";
    append_quoted(*out, "line " + std::to_string(number) + ": " + error.what());
    *out += "}\n";
    return false;
  }
}

int command_ask(std::vector<Item> defaults, BuildSetting build) {
  claim_standard_input();
  build(defaults);  // wrong flags are the command's mistake, not every line's
  Oracle oracle(std::move(defaults), build);
  std::string out;
  size_t number = 0;
  bool good = true, modelled = false;
  const auto flush = [&] {
    write_all(out);
    out.clear();
  };
  Lines().each(
      [&](std::string_view line) {
        const size_t start = out.size();
        good = oracle.answer(line, ++number, &out) && good;
        modelled = modelled || !std::string_view(out).substr(start).starts_with(kOutside);
        if (out.size() >= kFlushAt) flush();
      },
      flush);
  flush();
  if (!good) return kExitUsage;
  return number == 0 || modelled ? kExitOk : kExitSkipped;
}

}  // namespace sockoracle
