// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/recording/recording_autoload.h"

#include <algorithm>
#include <limits>

#include "conformance/compare/autoload.h"
#include "conformance/recording/recording_line.h"

namespace sockoracle {
namespace {

using Kind = JsonTree::Kind;
using Words = std::vector<std::string>;
constexpr std::string_view kProtocolWord = "$protocol";

// The two aliases that net/ipv4/af_inet.c:inet_create and its twin ask for.
Words usual_aliases(const AutoloadCall& call, const std::string& protocol) {
  const std::string alias = "net-pf-" + std::to_string(call.family) + "-proto-" + protocol;
  return {alias, alias + "-type-" + std::to_string(call.type)};
}

// What was asked, with the protocol as a word: calls that differ in nothing else share a line.
Words folded(const AutoloadCall& call) {
  const Words own = usual_aliases(call, std::to_string(call.protocol));
  const Words general = usual_aliases(call, std::string(kProtocolWord));
  Words asked = call.asked;
  for (std::string& alias : asked)
    for (size_t i = 0; i < own.size(); ++i)
      if (alias == own[i]) alias = general[i];
  return asked;
}

bool alike(const AutoloadCall& a, const AutoloadCall& b) {
  return a.modules == b.modules && a.family == b.family && a.type == b.type && a.error == b.error &&
         a.came.empty() && b.came.empty() && folded(a) == folded(b);
}

void append_outcome(std::string& line, int32_t error) {
  append_key(line, "errno");
  if (error == 0) line += "null";
  else append_quoted(line, outcome_name(error));
}

// ---- reading ----

// A line's members as they are read, and why it is refused.
struct Line {
  const JsonTree& json;
  std::string reason{};

  bool fail(std::string why) {
    if (reason.empty()) reason = std::move(why);
    return false;
  }
  bool only(std::initializer_list<std::string_view> accepted) {
    for (const std::string& key : json.keys) {
      if (std::find(accepted.begin(), accepted.end(), key) != accepted.end()) continue;
      std::string list;
      for (const std::string_view word : accepted) list += " " + std::string(word);
      return fail("\"" + key + "\" is no key here; accepted:" + list);
    }
    return true;
  }
  const JsonTree* member(std::string_view key, Kind kind) {
    const JsonTree* found = json.find(key);
    if (found != nullptr && found->kind == kind) return found;
    fail("\"" + std::string(key) + "\" is " + std::string(json_kind_name(kind)));
    return nullptr;
  }
  bool number(const JsonTree* item, int32_t* value) {
    if (item == nullptr || item->kind != Kind::number ||
        item->number < std::numeric_limits<int32_t>::min() ||
        item->number > std::numeric_limits<int32_t>::max()) {
      return fail("a 32-bit number is accepted");
    }
    *value = static_cast<int32_t>(item->number);
    return true;
  }
};

// A list of names of modules and aliases, in which `protocol` replaces its word.
bool take_words(Line& line, const JsonTree& list, const std::string& protocol, Words* words) {
  if (list.kind != Kind::list) return line.fail("names of modules and aliases come as a list");
  for (const JsonTree& item : list.items) {
    std::string word = item.text;
    if (const size_t at = word.find(kProtocolWord); at != std::string::npos && !protocol.empty())
      word.replace(at, kProtocolWord.size(), protocol);
    if (item.kind != Kind::text || !is_module_word(word))
      return line.fail("\"" + word + "\" names no alias and no module");
    words->push_back(std::move(word));
  }
  return true;
}

void take_aliases(Line& line, AutoloadAnswers& answers) {
  const JsonTree* rows = line.member("aliases", Kind::list);
  if (!line.only({"aliases"}) || rows == nullptr) return;
  if (!answers.aliases.empty()) line.fail("\"aliases\" twice");
  if (!answers.calls.empty()) line.fail("\"aliases\" comes before \"autoload\": reordered");
  if (rows->items.empty()) line.fail("\"aliases\" is empty");
  for (const JsonTree& row : rows->items) {
    if (!take_words(line, row, {}, &answers.aliases.emplace_back())) return;
    if (answers.aliases.back().size() < 2) line.fail("an alias has the modules that it takes");
  }
}

void take_came(Line& line, AutoloadCall& call) {
  const JsonTree* came = line.json.find("came");
  if (came == nullptr) return;
  if (came->kind != Kind::object || came->keys.empty()) {
    line.fail("\"came\" is an object: alias and modules");
    return;
  }
  for (size_t i = 0; i < came->keys.size(); ++i) {
    if (std::find(call.asked.begin(), call.asked.end(), came->keys[i]) == call.asked.end())
      line.fail("\"" + came->keys[i] + "\" came, but was not asked for");
    Words& modules = call.came[came->keys[i]];
    if (!take_words(line, came->items[i], {}, &modules)) return;
    if (modules.empty()) line.fail("\"came\" names no module");
  }
}

bool take_outcome(Line& line, AutoloadCall& call) {
  const JsonTree* error = line.json.find("errno");
  if (error != nullptr && error->kind == Kind::null) return true;
  if (error == nullptr || error->kind != Kind::text || !parse_outcome(error->text, &call.error))
    return line.fail("\"errno\" is the name of an errno, or null");
  return true;
}

// A phase after the other, and in none of them a question twice.
bool follows(Line& line, const AutoloadCall& call, const AutoloadAnswers& answers) {
  const auto& calls = answers.calls;
  const auto order = [](const AutoloadCall& c) {
    return find_autoload_phase(presence_name(c.modules));
  };
  if (!calls.empty() && order(call) < order(calls.back()))
    return line.fail("\"" + std::string(presence_name(call.modules)) +
                     "\" comes before the lines above: reordered");
  if (calls.size() == kAutoloadCallsMax) return line.fail("more calls than anybody is asked");
  for (auto c = calls.rbegin(); c != calls.rend() && c->modules == call.modules; ++c)
    if (c->family == call.family && c->type == call.type && c->protocol == call.protocol)
      return line.fail("family " + std::to_string(c->family) + ", type " + std::to_string(c->type) +
                       ", protocol " + std::to_string(c->protocol) + ": answered twice");
  return true;
}

void take_calls(Line& line, AutoloadAnswers& answers) {
  if (!line.only({"autoload", "family", "type", "protocol", "asked", "came", "errno"})) return;
  const JsonTree* phase = line.member("autoload", Kind::text);
  const AutoloadPhase* found = phase == nullptr ? nullptr : find_autoload_phase(phase->text);
  if (found == nullptr) line.fail("\"autoload\" is absent, loadable or loaded");
  const JsonTree* protocols = line.member("protocol", Kind::list);
  const JsonTree* asked = line.member("asked", Kind::list);
  AutoloadCall call;
  if (!line.number(line.json.find("family"), &call.family) ||
      !line.number(line.json.find("type"), &call.type) || !line.reason.empty()) {
    return;
  }
  call.modules = found->modules;
  if (protocols->items.empty()) line.fail("\"protocol\" is empty");
  if (asked->items.size() > kAutoloadAsksMax) line.fail("more requests than a call makes");
  if (protocols->items.size() > 1 && line.json.find("came") != nullptr)
    line.fail("what \"came\" came by one call");
  if (!take_outcome(line, call) || !line.reason.empty()) return;
  for (const JsonTree& protocol : protocols->items) {
    AutoloadCall one = call;
    if (!line.number(&protocol, &one.protocol) ||
        !take_words(line, *asked, std::to_string(one.protocol), &one.asked)) {
      return;
    }
    take_came(line, one);
    if (!line.reason.empty() || !follows(line, one, answers)) return;
    answers.calls.push_back(std::move(one));
  }
}

}  // namespace

std::vector<std::string> autoload_lines(const AutoloadAnswers& answers) {
  std::vector<std::string> lines;
  if (answers.calls.empty()) return lines;
  std::string line = "{";
  append_key(line, "aliases");
  line += '[';
  for (const Words& row : answers.aliases) {
    if (line.back() != '[') line += ',';
    append_words(line, row);
  }
  if (!answers.aliases.empty()) lines.push_back(line + ']');
  const auto& calls = answers.calls;
  for (size_t begin = 0, end = 0; begin < calls.size(); begin = end) {
    const AutoloadCall& first = calls[begin];
    for (end = begin + 1; end < calls.size() && alike(first, calls[end]);) ++end;
    line = "{";
    append_member(line, "autoload", presence_name(first.modules));
    append_number(line, "family", first.family);
    append_number(line, "type", first.type);
    append_key(line, "protocol");
    line += '[';
    for (size_t i = begin; i < end; ++i)
      line += (i == begin ? "" : ",") + std::to_string(calls[i].protocol);
    line += ']';
    append_list(line, "asked", end - begin > 1 ? folded(first) : first.asked);
    if (!first.came.empty()) {
      append_key(line, "came");
      line += '{';
      for (const auto& [alias, modules] : first.came) append_list(line, alias, modules);
      line += '}';
    }
    append_outcome(line, first.error);
    lines.push_back(line);
  }
  return lines;
}

std::string take_autoload_line(const JsonTree& json, AutoloadAnswers& answers) {
  Line line{.json = json};
  if (json.find("aliases") != nullptr) take_aliases(line, answers);
  else take_calls(line, answers);
  return line.reason;
}

}  // namespace sockoracle
