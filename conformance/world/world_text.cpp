// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/world_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/base/terminal.h"
#include "conformance/process/process_world.h"
#include "conformance/world/host_world.h"
#include "conformance/world/kernel_config.h"
#include "conformance/world/sysctls_elsewhere.h"
#include "model/kernel_name.h"
#include "model/symbols.h"
#include "model/vendor.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

[[noreturn]] void refuse(const Item& item, const std::string& accepted) {
  const std::string shown = item.key.empty() ? item.value : item.key + "=" + item.value;
  throw UsageError(item.origin + " " + shown + ": accepted is " + accepted);
}

template <class Row>
std::string names_of(std::span<const Row> rows) {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return choices(names);
}

int64_t number_of(const Item& item, int64_t min, int64_t max, const std::string& what) {
  const std::optional<int64_t> number = whole_number(item.value);
  if (!number || *number < min || *number > max)
    refuse(item, what + " from " + std::to_string(min) + " to " + std::to_string(max));
  return *number;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find_first_of(separators, start), text.size());
    if (end != start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// What the lists of namespaces say beside the rows of world.def.
constexpr std::string_view kCallerNs = "caller_ns", kNetNs = "net_ns", kNetIsInit = "net_is_init";

constexpr int64_t kIdMax = 0xfffffffe;  // (uid_t)-1 is no id

uint32_t id_of(const Item& item) {
  return static_cast<uint32_t>(number_of(item, 0, kIdMax, "a number"));
}

KernelName kernel_of(const Item& item) {
  const std::optional<KernelName> name = read_kernel_name(item.value);
  if (!name)
    refuse(item, "a release from " + release_text(oldest_release()) + " to " +
                     release_text(newest_release()) +
                     " (see: sockoracle list releases), or what uname -r prints" +
                     (item.origin == "--release" ? "" : ", or host"));
  return *name;
}

// With what its vendor is known to do otherwise.
void apply_release(World& world, const Item& item) {
  const KernelName name = kernel_of(item);
  set_release(world, name.release);
  apply_vendor(world, name.word.view());
}

void apply_config_item(World& world, const Item& item) {
  if (!is_config_symbol(item.key)) {
    const auto symbols = config_symbols();
    refuse(item, "one of " + choices({symbols.begin(), symbols.end()}));
  }
  if (!apply_config(world, item.key, item.value)) refuse(item, "y, m or n");
}

void apply_module(World& world, const Item& item) {
  const ProviderRow* row = find_provider(item.key);
  if (row == nullptr) refuse(item, "one of " + names_of(providers()));
  Presence presence{};
  if (!parse_presence(item.value, &presence)) refuse(item, "absent, loadable, loaded or builtin");
  if (possible_presence(row->id, world.release, presence) != presence)
    refuse(item, "absent: Linux " + release_text(world.release) + " has no " + item.key +
                     (row->since.empty() ? "" : ", it came with " + std::string(row->since)) +
                     (row->until.empty() ? "" : ", it went with " + std::string(row->until)));
  world.providers[static_cast<size_t>(row->id)] = presence;
}

void apply_context_item(World& world, const Item& item) {
  if (names_process(item.value))
    return apply_process(world, process_named(item.value, item.origin));
  const ContextRow* row = find_context(item.value);
  if (row == nullptr) refuse(item, std::string(kOwnCaller) + ", pid:N, " + names_of(contexts()));
  apply_context(world, *row);
}

void apply_groups(World& world, const Item& item) {
  Caller& caller = world.caller;
  caller.group_count = 0;
  caller.groups = {};
  if (item.value == "none") return;
  const std::vector<std::string_view> parts = split(item.value, ", ");
  for (std::string_view part : parts) {
    const std::optional<int64_t> id = whole_number(part);
    if (!id || *id < 0 || *id > kIdMax || parts.size() > kGroupsMax)
      refuse(item, "none, or at most " + std::to_string(kGroupsMax) +
                       " group numbers separated by commas");
    caller.groups[caller.group_count++] = static_cast<uint32_t>(*id);
  }
}

void apply_cap(World& world, const Item& item) {
  for (std::string_view name : split(item.value, ", ")) {
    int32_t capability = 0;
    if (name == "all") {
      world.caller.caps = kAllCaps;
    } else if (name == "none") {
      world.caller.caps = 0;
    } else if (parse_capability(name, &capability)) {
      world.caller.caps |= uint64_t{1} << capability;
    } else {
      std::string known = "all none";
      for (const Symbol& row : capability_symbols())
        known += " " + capability_flag_name(row.number);
      refuse(item, "a list of " + known);
    }
  }
}

// One that socket() does not read is taken, and whoever shows the answer says so.
void check_sysctl_elsewhere(const Item& item) {
  const SysctlElsewhere* row = find_sysctl_elsewhere(item.key);
  if (row == nullptr)
    refuse(item, "one of " + names_of(sysctls()) +
                     ", or one that acts elsewhere (see: sockoracle list sysctls)");
  if (!fits_sysctl(*row, item.value))
    refuse(item, "numbers from " + std::to_string(row->min) + " to " + std::to_string(row->max));
}

void apply_sysctl(World& world, const Item& item) {
  const SysctlRow* row = find_sysctl(item.key);
  if (row == nullptr) return check_sysctl_elsewhere(item);
  const std::vector<std::string_view> parts = split(item.value, " \t,");
  SysctlValue value;
  bool good = parts.size() == row->count;
  for (size_t i = 0; good && i < parts.size(); ++i) {
    const std::optional<int64_t> number = whole_number(parts[i]);
    good = number && *number >= row->min && *number <= row->max;
    if (good) value.v[i] = *number;
  }
  if (!good)
    refuse(item, std::to_string(row->count) + (row->count == 1 ? " number" : " numbers") +
                     " from " + std::to_string(row->min) + " to " + std::to_string(row->max));
  world.sysctls[static_cast<size_t>(row->id)] = value;
}

std::string accepted_text(const FactRow& fact) {
  const bool from_zero = fact.kind == FactKind::limit || fact.kind == FactKind::replacement;
  std::string text(row(fact.kind).accepted);
  return from_zero ? text + " from 0 to " + std::to_string(fact.most) : text;
}

void apply_fact(World& world, const Item& item) {
  const FactRow* fact = find_fact(item.key);
  const ItemForm& form = form_of(item);
  if (fact == nullptr || row(fact->kind).flag != form.flag) {
    std::vector<std::string_view> names;
    for (const FactRow& known : world_facts())
      if (row(known.kind).flag == form.flag) names.push_back(known.name);
    if (item.kind == ItemKind::set) names.insert(names.end(), {kCallerNs, kNetNs, kNetIsInit});
    refuse(item, choices(names));
  }
  int64_t value = 0;
  if (!parse_fact(*fact, item.value, &value)) refuse(item, accepted_text(*fact));
  set(world, fact->id, value);
}

// Who is in which namespace, or any other fact.
void apply_set(World& world, const Item& item) {
  if (item.key == kNetIsInit) {
    world.net_is_init = number_of(item, 0, 1, "a number") != 0;
    return;
  }
  if (item.key != kCallerNs && item.key != kNetNs) return apply_fact(world, item);
  uint8_t& ns = item.key == kNetNs ? world.net_user_ns : world.caller.user_ns;
  ns = static_cast<uint8_t>(
      number_of(item, 0, world.user_ns_count - 1, "the number of a user namespace"));
}

void apply_user_ns(World& world, const Item& item) {
  const std::vector<std::string_view> parts = split(item.value, ",");
  if (world.user_ns_count == kUserNsMax)
    refuse(item, "at most " + std::to_string(kUserNsMax - 1) + " of them");
  UserNs ns;
  uint32_t* const fields[] = {&ns.owner, &ns.inside, &ns.outside, &ns.count};
  bool good = parts.size() == 1 + std::size(fields);
  for (size_t i = 0; good && i < parts.size(); ++i) {
    const std::optional<int64_t> number = whole_number(parts[i]);
    good = number && *number >= 0 && *number <= (i == 0 ? world.user_ns_count - 1 : UINT32_MAX);
    if (!good) break;
    if (i == 0) ns.parent = static_cast<uint8_t>(*number);
    else *fields[i - 1] = static_cast<uint32_t>(*number);
  }
  if (!good)
    refuse(item, "five numbers: the parent, from 0 to " + std::to_string(world.user_ns_count - 1) +
                     ", the owner, the first id inside and outside, and how many");
  world.user_ns[world.user_ns_count++] = ns;
}

void apply_fault(World& world, const Item& item) {
  if (world.fault_count == kFaultsMax)
    refuse(item, "at most " + std::to_string(kFaultsMax) + " faults");
  world.faults[world.fault_count++] =
      static_cast<uint16_t>(number_of(item, 1, UINT16_MAX, "the number of a fallible step"));
}

void apply_behaviour(World& world, const Item& item) {
  const BehaviourRow* row = find_behaviour(item.value);
  if (row == nullptr)
    throw UsageError(item.origin + " " + item.value +
                     ": accepted is a behaviour's name (see: sockoracle list behaviours)");
  BehaviourSet& set = item.key == "+" ? world.with : world.without;
  const BehaviourSet& other = item.key == "+" ? world.without : world.with;
  if (other.has(row->id))
    throw UsageError(item.origin + " " + item.value +
                     ": accepted is a behaviour either with or without, not both");
  set.set(row->id);
}

void apply_item(World& world, const Item& item) {
  switch (item.kind) {
    case ItemKind::release: return apply_release(world, item);
    case ItemKind::config: return apply_config_item(world, item);
    case ItemKind::module: return apply_module(world, item);
    case ItemKind::context: return apply_context_item(world, item);
    case ItemKind::uid: world.caller.euid = world.caller.fsuid = id_of(item); return;
    case ItemKind::gid:
    case ItemKind::egid: world.caller.egid = world.caller.fsgid = id_of(item); return;
    case ItemKind::groups: return apply_groups(world, item);
    case ItemKind::cap: return apply_cap(world, item);
    case ItemKind::sysctl: return apply_sysctl(world, item);
    case ItemKind::set: return apply_set(world, item);
    case ItemKind::user_ns: return apply_user_ns(world, item);
    case ItemKind::limit:
    case ItemKind::policy: return apply_fact(world, item);
    case ItemKind::fault: return apply_fault(world, item);
    case ItemKind::behaviour: return apply_behaviour(world, item);
    case ItemKind::abi:
    case ItemKind::seccomp:
    case ItemKind::unit: return;  // no fact of the kernel's
  }
}

std::string shell_word(const std::string& value) {
  return value.find_first_of(" \t") == std::string::npos ? value : '"' + value + '"';
}

// This machine's world, or that of one of its processes.
bool is_host(const Item& item) {
  return item.kind == ItemKind::release &&
         (item.value == "host" || names_process_world(item.value));
}

// The flag that says the item; config has none of its own.
std::string flag_text(const Item& item) {
  const ItemForm& form = form_of(item);
  if (is_host(item)) return "--world " + shell_word(item.value);
  if (form.flag.empty() || (form.shape == Shape::files && !item.key.empty())) return {};
  std::string text = std::string(form.flag) + " ";
  if (form.shape == Shape::pairs) text += item.key + "=";
  return text + shell_word(item.value);
}

// Everything a context sets: a later context replaces an earlier one, a later value of the same
// thing an earlier one. Capabilities and faults add up.
bool replaces(const Item& later, const Item& earlier) {
  if (later.kind != earlier.kind || later.key != earlier.key) return false;
  return later.kind != ItemKind::cap && later.kind != ItemKind::fault &&
         later.kind != ItemKind::behaviour && later.kind != ItemKind::release &&
         later.kind != ItemKind::user_ns && later.kind != ItemKind::seccomp;
}

// In the order of application; within a kind as given.
std::vector<Item> effective(const std::vector<Item>& items) {
  std::vector<Item> kept;
  for (size_t kind = 0; kind <= static_cast<size_t>(ItemKind::unit); ++kind) {
    for (auto item = items.begin(); item != items.end(); ++item) {
      const auto again = [&](const Item& later) { return replaces(later, *item); };
      if (static_cast<size_t>(item->kind) == kind && std::none_of(item + 1, items.end(), again))
        kept.push_back(*item);
    }
  }
  return kept;
}

// Who asks: not the limits and policies that a context brings as well.
bool concerns_caller(const Item& item) {
  switch (item.kind) {
    case ItemKind::uid:
    case ItemKind::gid:
    case ItemKind::egid:
    case ItemKind::groups:
    case ItemKind::cap:
    case ItemKind::user_ns: return true;
    case ItemKind::set: {
      const FactRow* fact = find_fact(item.key);
      return fact == nullptr || fact->kind == FactKind::id;
    }
    default: return false;
  }
}

}  // namespace

std::string release_text(Release release) {
  std::string text(releases()[release.index].name);
  if (release.sublevel != 0) text += "." + std::to_string(release.sublevel);
  return text;
}

namespace {

bool is_context(const Item& item) { return item.kind == ItemKind::context; }

// Once in a run, however often the world is built.
void note(const std::vector<std::string>& notes) {
  static std::vector<std::string> said;
  for (const std::string& text : notes) {
    if (std::find(said.begin(), said.end(), text) != said.end()) continue;
    said.push_back(text);
    complain(text);
  }
}

// The sysctls that a process has for itself are those of its network namespace.
void apply_own_sysctls(World& world, const Item& item) {
  if (!names_process_world(item.value)) return;
  for (const auto& [name, value] : process_named(item.value, item.origin).sysctls)
    apply_sysctl(world, {ItemKind::sysctl, name, value, item.origin + " " + item.value});
}

World host_world(std::string* release_note) {
  const DescriptorRoom room;
  const HostFacts facts = host_facts();
  if (!facts.in_table)
    throw UsageError("the world of this machine (" + facts.sysname + " " + facts.uname_release +
                     "): accepted is Linux of a release in the table");
  note(facts.notes);
  *release_note = facts.release_note;
  return facts.here;
}

}  // namespace

Setting build_setting(const std::vector<Item>& given) {
  Setting setting;
  setting.items = given;
  const auto named = std::find_if(given.begin(), given.end(), is_host);
  const bool host = named != given.end();
  setting.caller_chosen = host || std::any_of(given.begin(), given.end(), [](const Item& item) {
                            return is_context(item) || concerns_caller(item);
                          });
  // This machine's world is asked by who runs this, that of a process by the process, unless
  // somebody else is named.
  if (host && std::none_of(given.begin(), given.end(), is_context)) {
    const bool process = names_process_world(named->value);
    setting.items.push_back(
        {ItemKind::context, {}, process ? named->value : std::string(kOwnCaller), "--world"});
  }
  const std::vector<Item> items = effective(setting.items);
  if (host) {
    setting.world = host_world(&setting.release_note);
    apply_own_sysctls(setting.world, *named);
  } else {
    const KernelName& name = default_kernel();
    setting.world = default_world(name.release);
    apply_vendor(setting.world, name.word.view());
    setting.release_note = name.note.view();
    setting.release_may_differ = name.may_differ;
  }
  setting.base = setting.world;
  setting.caller = "root";
  for (const Item& item : items) {
    if (!is_host(item)) apply_item(setting.world, item);
    if (item.kind == ItemKind::release && !is_host(item)) {
      const KernelName name = kernel_of(item);
      setting.release_note = name.note.view();
      setting.release_may_differ = name.may_differ;
    }
    const std::string flag = flag_text(item);
    // A process is named once: its world has its caller.
    const bool said = host && is_context(item) && item.value == named->value;
    if (!flag.empty() && !said) setting.flags += (setting.flags.empty() ? "" : " ") + flag;
    if (item.kind == ItemKind::context) setting.caller = item.value;
    if (concerns_caller(item)) setting.caller += ", " + flag.substr(2);
    if (item.kind != ItemKind::context || !names_process(item.value)) continue;
    const ProcessWorld& process = process_named(item.value, item.origin);
    setting.who = process.who;
    setting.holds_if = process.holds_if;
    note(process.notes);
  }
  return setting;
}

void tell_conditions(const Setting& setting) {
  std::vector<std::string> lines;
  for (const std::string& condition : setting.holds_if)
    lines.push_back("what is answered holds if " + condition);
  note(lines);
}

World world_for(const Setting& setting, const Call& call, const UpperHalves& upper) {
  World world = setting.world;
  if (setting.filter != nullptr)
    world.policies.seccomp_filter = setting.filter->answer(call, upper);
  return world;
}

Setting setting_for(Setting setting, const Call& call) {
  setting.world = world_for(setting, call);
  setting.base.policies.seccomp_filter = setting.world.policies.seccomp_filter;
  return setting;
}

void apply_items(World& world, const std::vector<Item>& items) {
  for (const Item& item : effective(items))
    if (!is_host(item)) apply_item(world, item);
}

Item item_of_pair(ItemKind kind, const std::string& flag, std::string_view text) {
  const size_t equal = text.find('=');
  if (equal == std::string_view::npos || equal == 0)
    throw UsageError(flag + " " + std::string(text) + ": accepted is NAME=VALUE");
  return {kind, std::string(text.substr(0, equal)), std::string(text.substr(equal + 1)), flag};
}

bool parse_capability(std::string_view text, int32_t* out) {
  std::string name(text);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (name.substr(0, 4) != "CAP_") name = "CAP_" + name;
  const Symbol* row = find_symbol(capability_symbols(), name);
  if (row == nullptr) return false;
  *out = row->number;
  return true;
}

std::string capability_flag_name(int32_t capability) {
  for (const Symbol& row : capability_symbols()) {
    if (row.number != capability) continue;
    std::string name(row.name.substr(4));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name;
  }
  return std::to_string(capability);
}

std::string sysctl_text(Sysctl sysctl, const SysctlValue& value) {
  std::string text;
  for (size_t i = 0; i < sysctls()[static_cast<size_t>(sysctl)].count; ++i)
    text += (i == 0 ? "" : " ") + std::to_string(value.v[i]);
  return text;
}

}  // namespace sockoracle
