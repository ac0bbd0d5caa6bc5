// SPDX-License-Identifier: MIT
// What t/cxx.cc takes from t/cxxplain.cc, which is compiled without exceptions
// and RTTI.
#ifndef CXX_H
#define CXX_H

enum { PLAIN_CHECKS = 12 };

void test_plain();

#endif // CXX_H
