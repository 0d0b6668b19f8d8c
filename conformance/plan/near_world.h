// SPDX-License-Identifier: GPL-2.0-only
// What a socket looks like that Linux refuses here: as in the nearest world in which it creates it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "conformance/plan/model_answers.h"
#include "model/explore.h"

namespace sockoracle {

// Worlds near one world, each found by the search for remedies (model/explore.h).
class NearWorlds {
 public:
  explicit NearWorlds(const World& world) : world_(world) {}

  struct Near {
    std::string flags;            // what differs: "--sysctl net.ipv4.ping_group_range=\"0 0\""
    ModelAsker* asker = nullptr;  // null: no near world creates the socket
  };
  // Of one family, type and deciding rule all calls are tried in the same world first.
  Near find(int32_t family, int32_t type, int32_t protocol, Rule rule);

 private:
  struct Known {
    std::string flags;
    std::unique_ptr<ModelAsker> asker;
  };
  World world_;
  std::map<std::tuple<int32_t, int32_t, Rule>, Known> known_;
};

}  // namespace sockoracle
