// SPDX-License-Identifier: GPL-2.0-only
// The commit from which the program was built, "a495914", with a "+" where files differed from it;
// "unknown" outside a repository. Written by commit.cmake.
#pragma once

namespace sockoracle {

const char* commit();

}  // namespace sockoracle
