// SPDX-License-Identifier: GPL-2.0-only
// A kernel that is copied from an earlier boot is the kernel that would have booted.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "fuzz/generators/mutator.h"
#include "fuzz/oracles/boots.h"
#include "fuzz/oracles/bugs.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

void add(std::string& text, std::string_view more) { text.append(more).push_back(' '); }

void add(std::string& text, int64_t number) { add(text, std::to_string(number)); }

void add_lists(std::string& text, const std::array<inet_protosw*, kSOCK_MAX>& heads) {
  for (const inet_protosw* head : heads) {
    for (const inet_protosw* entry = head; entry != nullptr; entry = entry->next) {
      add(text, entry->prot->name);
      add(text, entry->ops->name);
      add(text, entry->protocol);
      add(text, entry->flags);
    }
    add(text, ";");
  }
}

// What boot made, in words.
std::string booted(const Kernel& k) {
  const Kernel::Objects& o = k.objects();
  std::string text;
  add_lists(text, o.inetsw);
  add_lists(text, o.inetsw6);
  for (const proto& prot : o.protos) {
    add(text, prot.backlog_rcv.name);
    add(text, prot.owner->name);
    if (prot.slab == nullptr) continue;  // kmalloc
    add(text, prot.slab->name);
    add(text, prot.slab->typesafe);
  }
  for (const module_owner& owner : o.modules) {
    add(text, static_cast<int64_t>(owner.presence));
    add(text, owner.refcnt);
  }
  for (const net_proto_family* family : o.net_families) add(text, family != nullptr);
  const net& net = o.current_net;
  add(text, net.user_ns->number);
  add(text, net.user_ns->level);
  add(text, net.mptcp_statistics);
  add(text, net.sctp.local_addr_list.next == &net.sctp.local_addr_list);
  add(text, o.loadable);
  add(text, o.live_count);
  add(text, k.changed());
  return text;
}

std::string answer(Kernel& k, const Call& call) {
  const Verdict verdict = k.call(call);
  std::string text;
  add(text, row(verdict.rule).name);
  add(text, verdict.error);
  add(text, verdict.hazards.bits);
  add(text, verdict.fd);
  for (const Step& step : k.trace()) {
    add(text, step_word(step.kind));
    add(text, step.what);
    add(text, step.result);
    add(text, step.object);
    add(text, step.a);
    add(text, step.b);
  }
  if (verdict.fd >= 0 && call.protocol % 2 == 0) k.close(verdict.fd);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_copied_kernel_is_a_booted_kernel) {
  auto boots = std::make_unique<Boots>();
  Random random(11);
  World world = default_world(newest_release());
  for (int i = 0; i < 4000; ++i) {
    if (i % 64 == 0) change(world, WorldChange::release, random);
    mutate(world, random);
    make_possible(world);
    Call call;
    for (int n = 0; n < 4; ++n) mutate(call, random);
    Kernel fresh(world);
    Kernel& copied = boots->kernel(world);
    BOOST_TEST_REQUIRE(booted(copied) == booted(fresh));
    BOOST_TEST_REQUIRE(answer(copied, call) == answer(fresh, call));
  }
}

BOOST_AUTO_TEST_CASE(each_behaviour_that_boot_asks_for_is_in_the_key) {
  auto boots = std::make_unique<Boots>();
  for (const Release release : {oldest_release(), newest_release(), Release{30, 0}})
    for (const Presence all : {Presence::builtin, Presence::loaded, Presence::loadable}) {
      World world = default_world(release);
      for (size_t i = 0; i < kProviderCount; ++i)
        world.providers[i] = possible_presence(static_cast<Provider>(i), release, all);
      make_possible(world);
      boots->kernel(world);
      for (const BehaviourRow& row : behaviours()) {
        World other = world;
        (world.has(row.id) ? other.without : other.with).set(row.id);
        BOOST_TEST(booted(boots->kernel(other)) == booted(Kernel(other)), row.name);
      }
    }
}
