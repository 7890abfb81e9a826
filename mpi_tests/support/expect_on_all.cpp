// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include "expect_on_all.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

namespace memdata_test {
namespace {

std::vector<Outcome> gather(MPI_Comm comm, const Outcome& mine) {
    int size = 0;
    MPI_Comm_size(comm, &size);
    const auto ranks = static_cast<std::size_t>(size);

    const int header[2] = {mine.ok ? 1 : 0, static_cast<int>(mine.text.size())};
    std::vector<int> headers(2 * ranks);
    MPI_Allgather(header, 2, MPI_INT, headers.data(), 2, MPI_INT, comm);

    std::vector<int> counts(ranks);
    std::vector<int> offsets(ranks);
    int total = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
        counts[r] = headers[2 * r + 1];
        offsets[r] = total;
        total += counts[r];
    }
    std::string texts(static_cast<std::size_t>(total), '\0');
    MPI_Allgatherv(mine.text.data(), header[1], MPI_CHAR, texts.data(), counts.data(), offsets.data(), MPI_CHAR, comm);

    std::vector<Outcome> all(ranks);
    for (std::size_t r = 0; r < ranks; ++r)
        all[r] = {headers[2 * r] != 0,
                  texts.substr(static_cast<std::size_t>(offsets[r]), static_cast<std::size_t>(counts[r]))};
    return all;
}

/// "rank(s) 0, 2: text", one line for each different text.
std::string by_text(const std::vector<Outcome>& all, bool with_ok) {
    std::map<std::string, std::string> ranks_of;
    for (std::size_t r = 0; r < all.size(); ++r) {
        if (all[r].ok && !with_ok) continue;
        std::string& ranks = ranks_of[all[r].text];
        ranks += (ranks.empty() ? "" : ", ") + std::to_string(r);
    }
    std::string lines;
    for (const auto& [text, ranks] : ranks_of) lines += "\n  rank(s) " + ranks + ": " + text;
    return lines;
}

::testing::AssertionResult report(MPI_Comm comm, const char* expression, const std::string& text) {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    if (rank != 0) return ::testing::AssertionFailure() << expression << ": see rank 0\n";
    return ::testing::AssertionFailure() << expression << text << "\n";
}

std::string counted(const std::vector<Outcome>& all) {
    std::size_t bad = 0;
    for (const Outcome& one : all) bad += one.ok ? 0 : 1;
    return "\nnot so on " + std::to_string(bad) + " of " + std::to_string(all.size()) + " ranks";
}

bool all_are_ok(const std::vector<Outcome>& all) {
    for (const Outcome& one : all)
        if (!one.ok) return false;
    return true;
}

}  // namespace

std::string type_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                      std::free);
    return status == 0 ? name.get() : type.name();
}

::testing::AssertionResult all_ok(MPI_Comm comm, const char* expression, const Outcome& mine) {
    const std::vector<Outcome> all = gather(comm, mine);
    if (all_are_ok(all)) return ::testing::AssertionSuccess();
    return report(comm, expression, counted(all) + by_text(all, false));
}

::testing::AssertionResult all_ok_and_alike(MPI_Comm comm, const char* expression, const Outcome& mine) {
    const std::vector<Outcome> all = gather(comm, mine);
    if (!all_are_ok(all)) return report(comm, expression, counted(all) + by_text(all, true));
    for (const Outcome& one : all)
        if (one.text != all.front().text) return report(comm, expression, "\nmessages differ" + by_text(all, true));
    return ::testing::AssertionSuccess();
}

}  // namespace memdata_test
