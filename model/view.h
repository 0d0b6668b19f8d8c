// SPDX-License-Identifier: GPL-2.0-only
// What everything that reads a fresh socket is given.
#pragma once

#include "model/inet_sock.h"
#include "model/verdict.h"

namespace sockoracle {

class Kernel;

// A socket as a view sees it.
struct View {
  const Kernel& kernel;
  const struct socket& sock;
  const struct sock& sk;
};

// What the kernel's function for the level does with the option. Called only for sockets whose
// protocol hands the option to that function.
using OptionReader = Value (*)(const View& view);

}  // namespace sockoracle
