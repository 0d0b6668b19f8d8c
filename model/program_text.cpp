// SPDX-License-Identifier: GPL-2.0-only
#include "model/program_text.h"

#include "model/strace.h"
#include "model/symbols.h"
#include "model/text_in.h"
#include "model/text_out.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

// -- reading

bool parse_sysctl(std::string_view text, uint8_t* index, SysctlValue* value, char separator) {
  const SysctlRow* row = find_sysctl(take_word(text, separator == ' ' ? ' ' : '='));
  if (row == nullptr) return false;
  *index = static_cast<uint8_t>(row->id);
  *value = row->usual;
  for (size_t i = 0; i < row->count; ++i)
    if (!parse_number(take_word(text, separator), row->min, row->max, &value->v[i])) return false;
  return trim(text).empty();
}

bool parse_groups(std::string_view text, Caller& caller) {
  caller.group_count = 0;
  caller.groups = {};
  if (text == "none") return true;
  while (!text.empty()) {
    if (caller.group_count == kGroupsMax) return false;
    if (!parse_into(take_word(text, ','), 0, UINT32_MAX, &caller.groups[caller.group_count++]))
      return false;
  }
  return true;
}

// user_ns=PARENT,OWNER,INSIDE,OUTSIDE,COUNT appends one.
bool parse_user_ns(std::string_view text, World& world) {
  if (world.user_ns_count == kUserNsMax) return false;
  UserNs ns;
  if (!parse_into(take_word(text, ','), 0, world.user_ns_count - 1, &ns.parent)) return false;
  for (uint32_t* field : {&ns.owner, &ns.inside, &ns.outside, &ns.count})
    if (!parse_into(take_word(text, ','), 0, UINT32_MAX, field)) return false;
  if (!trim(text).empty()) return false;
  world.user_ns[world.user_ns_count++] = ns;
  return true;
}

bool parse_policy(std::string_view text, uint8_t* index, int32_t* error) {
  const std::string_view name = take_word(text, ' ');
  for (uint8_t i = 0; i < kPolicyCount; ++i) {
    const FactRow& policy = world_facts(FactKind::policy)[i];
    int64_t value = 0;
    if (policy.name != name || !parse_fact(policy, trim(text), &value)) continue;
    *index = i;
    *error = static_cast<int32_t>(value);
    return true;
  }
  return false;
}

bool set_module(World& world, std::string_view key, std::string_view value) {
  const ProviderRow* row = find_provider(key);
  return row != nullptr && parse_presence(value, &world.providers[static_cast<size_t>(row->id)]);
}

bool set_behaviour(BehaviourSet& set, std::string_view name) {
  const BehaviourRow* row = find_behaviour(name);
  if (row != nullptr) set.set(row->id);
  return row != nullptr;
}

bool set_fact(World& world, const FactRow& row, std::string_view text) {
  int64_t value = 0;
  if (!parse_fact(row, text, &value)) return false;
  set(world, row.id, value);
  return true;
}

// One key=value of a `world` line.
bool parse_setting(std::string_view key, std::string_view value, World& w) {
  Caller& c = w.caller;
  if (key == "release") {
    Release release;
    if (!parse_release(value, &release)) return false;
    w = default_world(release);
    return true;
  }
  if (key == "as") {
    const ContextRow* row = find_context(value);
    if (row != nullptr) apply_context(w, *row);
    return row != nullptr;
  }
  if (key == "with") return set_behaviour(w.with, value);
  if (key == "without") return set_behaviour(w.without, value);
  if (key == "caps") return parse_into(value, 0, static_cast<int64_t>(kAllCaps), &c.caps);
  if (key == "groups") return parse_groups(value, c);
  if (key == "user_ns") return parse_user_ns(value, w);
  if (key == "caller_ns") return parse_into(value, 0, w.user_ns_count - 1, &c.user_ns);
  if (key == "net_ns") return parse_into(value, 0, w.user_ns_count - 1, &w.net_user_ns);
  if (key == "net_is_init") return parse_into(value, 0, 1, &w.net_is_init);
  if (key == "fault") {
    if (w.fault_count == kFaultsMax) return false;
    return parse_into(value, 0, UINT16_MAX, &w.faults[w.fault_count++]);
  }
  if (const SysctlRow* row = find_sysctl(key); row != nullptr) {
    SysctlValue& sysctl = w.sysctls[static_cast<size_t>(row->id)];
    for (size_t i = 0; i < row->count; ++i)
      if (!parse_number(take_word(value, ','), row->min, row->max, &sysctl.v[i])) return false;
    return trim(value).empty();
  }
  if (const FactRow* row = find_fact(key); row != nullptr) return set_fact(w, *row, value);
  return set_module(w, key, value);
}

bool parse_world_line(std::string_view rest, World& world) {
  while (!trim(rest).empty()) {
    std::string_view setting = take_word(rest);
    const size_t equals = setting.find('=');
    if (equals == std::string_view::npos) return false;
    if (!parse_setting(setting.substr(0, equals), setting.substr(equals + 1), world)) return false;
  }
  return true;
}

bool parse_slot(std::string_view text, uint8_t* slot) {
  return take_prefix(text, "s") && parse_into(text, 0, kSlots - 1, slot);
}

// `= 0`, `= -1 EPERM`, each perhaps with `by RULE`; what strace prints behind the name is allowed.
bool parse_result(std::string_view rest, Expectation* e) {
  rest = trim(rest);
  if (rest.empty()) return true;
  if (!take_prefix(rest, "=")) return false;
  const std::string_view number = take_word(rest);
  if (number == "-1") {
    const ErrnoSymbol* row = find_errno(take_word(rest));
    if (row == nullptr) return false;
    e->error = row->number;
  } else {
    int64_t fd = 0;
    if (!parse_number(number, 0, INT32_MAX, &fd)) return false;
    e->error = 0;
  }
  rest = trim(rest);
  if (!rest.empty() && rest.front() == '(') {
    const size_t end = rest.find(')');
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
    rest = trim(rest);
  }
  if (rest.empty()) return true;
  if (take_word(rest) != "by") return false;
  const RuleRow* rule = find_rule(trim(rest));
  if (rule == nullptr) return false;
  e->rule = rule->id;
  e->has_rule = true;
  return true;
}

// `register s1 AF_INET type=1 protocol=200 proto=TCP permanent`: the index is the entry's number.
bool parse_entry(std::string_view rest, Operation* o) {
  if (!parse_into(take_word(rest), 0, kSlots - 1, &o->index)) return false;
  while (!trim(rest).empty()) {
    std::string_view word = take_word(rest);
    if (word == "permanent") {
      o->entry.permanent = true;
    } else if (word == "ipv6") {
      o->entry.ipv6 = true;
    } else if (take_prefix(word, "type=")) {
      if (!parse_into(word, 0, 15, &o->entry.type)) return false;
    } else if (take_prefix(word, "protocol=")) {
      if (!parse_into(word, INT32_MIN, INT32_MAX, &o->entry.protocol)) return false;
    } else if (take_prefix(word, "proto=")) {
      if (!parse_into(word, 0, kProtoCount - 1, &o->entry.prot)) return false;
    } else {
      return false;
    }
  }
  return true;
}

// Everything but `sN = call`.
bool parse_operation(std::string_view word, std::string_view rest, Operation* o) {
  for (uint8_t i = 0; i < kOpCount; ++i)
    if (op_word(static_cast<Op>(i)) == word) o->op = static_cast<Op>(i);
  if (o->op == Op::create) return false;
  rest = trim(rest);
  const auto provider = [&](std::string_view name) {
    const ProviderRow* row = find_provider(name);
    if (row != nullptr) o->index = static_cast<uint8_t>(row->id);
    return row != nullptr;
  };
  switch (o->op) {
    case Op::create: return false;
    case Op::close:
    case Op::connect:
    case Op::disconnect:
    case Op::addrform:
    case Op::look: return parse_slot(rest, &o->slot);
    case Op::accept:
      return parse_slot(take_word(rest, ','), &o->slot) && parse_slot(trim(rest), &o->index);
    case Op::load:
    case Op::starting:
    case Op::unload: return provider(rest);
    case Op::going:
      if (!provider(take_word(rest))) return false;
      o->number = trim(rest) == "back" ? 0 : 1;
      return trim(rest).empty() || trim(rest) == "back";
    case Op::observe: o->number = rest == "on" ? 1 : 0; return rest == "on" || rest == "off";
    case Op::add_protosw: return parse_entry(rest, o);
    case Op::del_protosw: return parse_into(rest, 0, kSlots - 1, &o->index);
    case Op::sysctl: return parse_sysctl(rest, &o->index, &o->value, ' ');
    case Op::caps: return parse_into(rest, 0, static_cast<int64_t>(kAllCaps), &o->mask);
    case Op::egid: return parse_into(rest, INT32_MIN, INT32_MAX, &o->number);
    case Op::user_ns: return parse_into(rest, 0, kUserNsMax - 1, &o->number);
    case Op::fault: return parse_into(rest, 0, UINT16_MAX, &o->number);
    case Op::policy: return parse_policy(rest, &o->index, &o->number);
  }
  return false;
}

constexpr std::string_view kStatements =
    "accepted: 'world key=value ...', 'sN = CALL [= 0 | = -1 ERRNO] [by RULE]', close(sN), "
    "connect(sN), disconnect(sN), addrform(sN), accept(sN, sM), look(sN), observe on|off, "
    "load|unload|going|starting MODULE, register N ..., unregister N, "
    "sysctl NAME VALUES, caps MASK, egid N, user_ns N, fault N, policy NAME ERRNO|allow, "
    "expect hazard NAME, expect clean";

class Parser {
 public:
  Parser(Program* out, std::vector<Expectation>* expectations)
      : out_(*out), expectations_(*expectations) {}

  // Null, or why the line is refused.
  std::string_view line(std::string_view text) {
    text = trim(text.substr(0, text.find('#')));
    if (text.empty()) return {};
    if (take_prefix(text, "world ")) {
      if (!out_.operations.empty()) return "world lines come before the first operation";
      if (!parse_world_line(text, out_.world))
        return "accepted: release=R as=CONTEXT (in this order, first), modules, sysctls and the "
               "other "
               "names of `list worlds`, with= without= caps= groups= user_ns= caller_ns= net_ns= "
               "net_is_init= fault=, each key=value";
      return {};
    }
    if (take_prefix(text, "expect ")) return expect(trim(text));
    if (out_.operations.size() == kOperationsMax) return "a program has at most 24 operations";
    return statement(text);
  }

 private:
  std::string_view expect(std::string_view text) {
    Expectation e;
    if (text == "clean") {
      e.no_hazard = true;
    } else {
      if (!take_prefix(text, "hazard ")) return kStatements;
      const std::string_view name = trim(text);
      for (size_t i = 0; i < kHazardCount; ++i)
        if (hazard_name(static_cast<Hazard>(i)) == name) e.hazards.set(static_cast<Hazard>(i));
      if (e.hazards.bits == 0) return "no such hazard";
    }
    expectations_.push_back(e);
    return {};
  }

  std::string_view statement(std::string_view text) {
    Operation o;
    const size_t equals = text.find('=');
    const std::string_view left = trim(text.substr(0, equals));
    if (equals != std::string_view::npos && parse_slot(left, &o.slot)) {
      const std::string_view right = trim(text.substr(equals + 1));
      CallError error;
      size_t consumed = 0;
      if (!parse_call(right, &o.call, &error, &consumed)) return error.accepted;
      Expectation e;
      e.operation = out_.operations.size();
      if (!parse_result(right.substr(consumed), &e)) return kStatements;
      if (e.error >= 0) expectations_.push_back(e);
      out_.operations.push_back(o);
      return {};
    }
    // close(s0) and close s0 are the same.
    const size_t end = text.find_first_of(" (");
    std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (end != std::string_view::npos && text[end] == '(' && !rest.empty() && rest.back() == ')')
      rest.remove_suffix(1);
    if (!parse_operation(text.substr(0, end), rest, &o)) return kStatements;
    out_.operations.push_back(o);
    return {};
  }

  Program& out_;
  std::vector<Expectation>& expectations_;
};

// -- printing

void put_setting(TextOut& out, std::string_view key, int64_t value) {
  out.put(' ');
  out.put(key);
  out.put('=');
  out.put_number(value);
}

void put_release(TextOut& out, Release release) {
  out.put(releases()[release.index].name);
  if (release.sublevel == 0) return;
  out.put('.');
  out.put_number(release.sublevel);
}

void put_facts(TextOut& out, const World& world, FactKind kind) {
  for (const FactRow& row : world_facts(kind)) {
    const int64_t value = get(world, row.id);
    if (value == row.usual) continue;
    out.put(' ');
    out.put(row.name);
    out.put('=');
    put_fact(out, row, value);
  }
}

void put_namespaces(TextOut& out, const World& w) {
  for (size_t i = 1; i < w.user_ns_count; ++i) {
    const UserNs& ns = w.user_ns[i];
    put_setting(out, "user_ns", ns.parent);
    for (const uint32_t field : {ns.owner, ns.inside, ns.outside, ns.count}) {
      out.put(',');
      out.put_number(field);
    }
  }
  if (w.caller.user_ns != 0) put_setting(out, "caller_ns", w.caller.user_ns);
  if (w.net_user_ns != 0) put_setting(out, "net_ns", w.net_user_ns);
}

void put_caller(TextOut& out, const World& w) {
  put_facts(out, w, FactKind::id);
  const Caller& c = w.caller;
  if (c.caps != kAllCaps) put_setting(out, "caps", static_cast<int64_t>(c.caps));
  for (size_t i = 0; i < c.group_count; ++i) {
    out.put(i == 0 ? " groups=" : ",");
    out.put_number(c.groups[i]);
  }
}

void put_world(TextOut& out, const World& w) {
  const World usual = default_world(w.release);
  out.put("world release=");
  put_release(out, w.release);
  for (const BehaviourRow& row : behaviours()) {
    if (w.with.has(row.id)) (out.put(" with="), out.put(row.name));
    if (w.without.has(row.id)) (out.put(" without="), out.put(row.name));
  }
  for (const ProviderRow& row : providers()) {
    const auto i = static_cast<size_t>(row.id);
    if (w.providers[i] == usual.providers[i]) continue;
    out.put(' ');
    out.put(row.name);
    out.put('=');
    out.put(presence_name(w.providers[i]));
  }
  put_namespaces(out, w);
  put_caller(out, w);
  for (const SysctlRow& row : sysctls()) {
    const SysctlValue& value = w.sysctls[static_cast<size_t>(row.id)];
    if (value == usual.sysctls[static_cast<size_t>(row.id)]) continue;
    put_setting(out, row.name, value.v[0]);
    for (size_t i = 1; i < row.count; ++i) (out.put(','), out.put_number(value.v[i]));
  }
  if (!w.net_is_init) put_setting(out, "net_is_init", 0);
  for (const FactKind kind :
       {FactKind::toggle, FactKind::limit, FactKind::policy, FactKind::replacement})
    put_facts(out, w, kind);
  for (size_t i = 0; i < w.fault_count; ++i) put_setting(out, "fault", w.faults[i]);
  out.put('\n');
}

void put_entry(TextOut& out, const Operation& o) {
  out.put_number(o.index);
  if (o.entry.ipv6) out.put(" ipv6");
  put_setting(out, "type", o.entry.type);
  put_setting(out, "protocol", o.entry.protocol);
  put_setting(out, "proto", static_cast<int64_t>(o.entry.prot));
  if (o.entry.permanent) out.put(" permanent");
}

void put_arguments(TextOut& out, const Operation& o) {
  switch (o.op) {
    case Op::create: break;
    case Op::close:
    case Op::connect:
    case Op::disconnect:
    case Op::addrform:
    case Op::accept:
    case Op::look:
      out.put("(s");
      out.put_number(o.slot);
      if (o.op == Op::accept) (out.put(", s"), out.put_number(o.index));
      out.put(')');
      return;
    default: out.put(' ');
  }
  const std::string_view provider = providers()[o.index % kProviderCount].name;
  switch (o.op) {
    case Op::load:
    case Op::starting:
    case Op::unload: out.put(provider); break;
    case Op::going:
      out.put(provider);
      out.put(o.number != 0 ? "" : " back");
      break;
    case Op::observe: out.put(o.number != 0 ? "on" : "off"); break;
    case Op::add_protosw: put_entry(out, o); break;
    case Op::del_protosw: out.put_number(o.index); break;
    case Op::sysctl: {
      const SysctlRow& row = sysctls()[o.index];
      out.put(row.name);
      for (size_t i = 0; i < row.count; ++i) (out.put(' '), out.put_number(o.value.v[i]));
      break;
    }
    case Op::caps: out.put_number(static_cast<int64_t>(o.mask)); break;
    case Op::policy:
      out.put(policy_of(o.index).name);
      out.put(' ');
      put_fact(out, policy_of(o.index), o.number);
      break;
    default: out.put_number(o.number);
  }
}

void put_operation(TextOut& out, const Operation& o) {
  if (o.op == Op::create) {
    char text[kCallTextMax];
    const size_t length = print_call(o.call, text);
    out.put('s');
    out.put_number(o.slot);
    out.put(" = ");
    out.put(std::string_view(text, length));
  } else {
    out.put(op_word(o.op));
    put_arguments(out, o);
  }
  out.put('\n');
}

}  // namespace

bool parse_program(std::string_view text, Program* out, std::vector<Expectation>* expectations,
                   ProgramError* error) {
  *out = {};
  out->world = default_world(newest_release());
  expectations->clear();
  Parser parser(out, expectations);
  for (error->line = 1; !text.empty(); ++error->line) {
    const size_t end = text.find('\n');
    error->reason = parser.line(text.substr(0, end));
    if (!error->reason.empty()) return false;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return true;
}

size_t print_world(const World& world, std::span<char> out) {
  TextOut text(out);
  put_world(text, world);
  return text.length();
}

size_t print_program(const Program& program, std::span<char> out) {
  TextOut text(out);
  put_world(text, program.world);
  for (const Operation& o : program.operations) put_operation(text, o);
  return text.length();
}

}  // namespace sockoracle
