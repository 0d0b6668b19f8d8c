// SPDX-License-Identifier: GPL-2.0-only
// The fresh socket: the kernel's fields by struct, and what can be read of it.
#include <map>

#include "conformance/base/sections.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/words/step_text.h"
#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// Where a struct's fields begin in observables.def, so that the reader sees whose they are.
struct StructRow {
  std::string_view first;
  std::string_view label;
  std::string_view sentence;
};
constexpr StructRow kStructRows[] = {
    {"socket.state", "socket", "struct socket: what the descriptor's file points to"},
    {"sk_family", "sock", "struct sock: what every protocol has (include/net/sock.h)"},
    {"pinet6", "inet_sock", "struct inet_sock: addresses, ports, IP options"},
    {"np.hop_limit", "ipv6_pinfo", "struct ipv6_pinfo: the same of IPv6"},
    {"icsk_rto", "tcp_sock", "struct tcp_sock and what it lies on, struct inet_connection_sock"},
    {"udp_prod_queue", "own fields", "what the protocol has beyond these"},
};
constexpr std::string_view kRefused = "by errno, what answers it when it is read";
constexpr std::string_view kViews = "what getsockopt, ioctl, fstat and procfs tell of it";

// "name=value", wrapped, under the group's sentence.
void put_group(Sections& out, const StructRow& group, std::vector<std::string>& words) {
  if (words.empty()) return;
  if (!group.sentence.empty()) out.line(group.label, paragraph(group.sentence, kLabel));
  out.line(group.label, wrapped(words, kLabel));
  words.clear();
}

std::string word_of(const Observable& row, const Value& value) {
  return std::string(row.name) + "=" + value_string(value);
}

void put_fields(Sections& out, const State& state) {
  const auto rows = observables();
  std::vector<std::string> words;
  StructRow group{{}, "fields", "other fields"};
  for (size_t i = 0; i < rows.size() && i < state.size(); ++i) {
    if (rows[i].reading != Reading::field) continue;
    for (const StructRow& next : kStructRows) {
      if (next.first != rows[i].name) continue;
      put_group(out, group, words);
      group = next;
    }
    if (state[i].kind != Value::Kind::none) words.push_back(word_of(rows[i], state[i]));
  }
  put_group(out, group, words);
}

// What refuses to be read stands behind all others, under its errno.
void put_views(Sections& out, const State& state) {
  const auto rows = observables();
  std::vector<std::string> words;
  std::map<int32_t, std::vector<std::string>> refused;
  for (size_t i = 0; i < rows.size() && i < state.size(); ++i) {
    if (rows[i].reading == Reading::field) continue;
    if (state[i].kind == Value::Kind::error) refused[state[i].error].emplace_back(rows[i].name);
    else if (state[i].kind != Value::Kind::none) words.push_back(word_of(rows[i], state[i]));
  }
  put_group(out, {{}, "seen as", kViews}, words);
  if (!refused.empty()) out.line("unreadable", paragraph(kRefused, kLabel));
  for (auto& [error, names] : refused) put_group(out, {{}, errno_name(error), {}}, names);
}

}  // namespace

std::string socket_text(const State& state, bool views) {
  std::string text;
  Sections out(&text);
  put_fields(out, state);
  if (views) put_views(out, state);
  return text;
}

}  // namespace sockoracle
