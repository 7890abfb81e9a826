// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Filters that a test registers itself, for "any registered filter". Each adds its first option to every byte.
namespace memdata_test {

inline constexpr int plain_filter = 40001;     ///< nothing special
inline constexpr int decoding_filter = 40002;  ///< cannot write
inline constexpr int choosy_filter = 40003;    ///< takes elements of 4 bytes only (can_apply), and an option below 100
inline constexpr int absent_filter = 40004;    ///< there only while a test wants it
inline constexpr int replacing_filter =
    40005;  ///< puts the size of an element in the place of its one option, and it behind
inline constexpr int growing_filter = 32008;  ///< puts three numbers before its options, as bitshuffle does

/// On this process.
void register_own_filters();
void register_absent_filter();
void unregister_absent_filter();

}  // namespace memdata_test
