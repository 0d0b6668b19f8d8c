// SPDX-License-Identifier: GPL-2.0-only
// main() of each program of this folder.
#define BOOST_TEST_MODULE model
#include <boost/test/unit_test.hpp>
