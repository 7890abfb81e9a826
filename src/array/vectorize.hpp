// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// MEMDATA_VECTORIZE before a loop whose iterations do not depend on each other though its pointers may be equal.
// Compilers cannot know, and would not vectorise work in place.
#if defined(__clang__)
#define MEMDATA_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
// Not every instance of such a loop can be.
#pragma clang diagnostic ignored "-Wpass-failed"
#else
#define MEMDATA_VECTORIZE _Pragma("GCC ivdep")
#endif
