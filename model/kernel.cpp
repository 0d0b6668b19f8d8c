// SPDX-License-Identifier: GPL-2.0-only
#include "model/kernel.h"

namespace sockoracle {

void Protocol::narrow(int64_t low, int64_t high) const {
  if (path_->low < low) path_->low = low;
  if (path_->high > high) path_->high = high;
}

void SameView::within(int64_t from, int64_t to) {
  if (low < from) low = from;
  if (high > to) high = to;
}

void SameView::compared(uint8_t bits, int64_t number) {
  const int64_t size = int64_t{1} << bits;
  if (number < 0 || number >= size) return;  // never equal
  // How far above the protocol the next one is whose low bits are the number.
  const int64_t above = (((number - protocol) % size) + size) % size;
  if (above == 0) {
    within(protocol, protocol);
  } else {
    within(protocol + above - size + 1, protocol + above - 1);
  }
}

// As a kernel is before its first call, but for its objects.
void Kernel::begin(const World& world) {
  world_ = world;
  behaviours_ = behaviours_in(world);
  changed_ = false;
  fallible_ = 0;
  decided_ = refused_ = Rule::created;
  hazards_ = {};
  step_count_ = 0;
}

void Kernel::set_fault(int32_t step) {
  world_.fault_count = step > 0 ? 1 : 0;
  world_.faults[0] = static_cast<uint16_t>(step);
}

const struct socket* Kernel::lookup(int32_t fd) const {
  const size_t index = static_cast<size_t>(fd - kFirstDescriptor);
  return fd < kFirstDescriptor || index >= objects_.fds.size() ? nullptr : objects_.fds[index];
}

Balance Kernel::balance() const {
  Balance b;
  b.objects = objects_.live_count;
  for (const module_owner& owner : objects_.modules) b.module_refs += owner.refcnt;
  b.net_refs = objects_.current_net.count + objects_.current_net.passive;
  b.group_refs = objects_.group_refs;
  b.fds = objects_.open_fds;
  b.inuse = objects_.current_net.sock_inuse;
  return b;
}

void Kernel::record(const Step& step) {
  if (step_count_ < steps_.size()) steps_[step_count_++] = step;
}

void Kernel::record_rule(Rule rule, int32_t result) {
  if (context_.kern_depth != 0) return;
  record({StepKind::rule, rule, static_cast<int16_t>(result), 0, 0, 0, row(rule).name});
}

int Kernel::fail(Rule rule, int32_t error) {
  decided_ = rule;
  if (context_.tracing) record_rule(rule, -error);
  return -error;
}

void Kernel::hazard(Hazard hazard) {
  hazards_.set(hazard);
  step(StepKind::hazard, hazard_name(hazard));
}

bool Kernel::fault_hits() const {
  for (size_t i = 0; i < world_.fault_count; ++i)
    if (world_.faults[i] == fallible_) return true;
  return false;
}

}  // namespace sockoracle
