// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// What the sweeps of faults save and load: together the cases take every way that data can go.
namespace memdata_test {

/// A save or a load that goes right when nothing is made to fail.
struct InjectCase {
    std::string name;
    bool is_save = false;
    bool replaces = true;  ///< of a save: there is a file before
    /// Of all ranks: what is there before.
    std::function<void(const memdata::Communicator& comm, const std::string& file)> prepare = {};
    /// What is to fail; the tree of a save was made before, for fault points and allocations are those of save() only.
    std::function<std::function<void(const std::string& file)>(const memdata::Communicator& comm)> operation = {};
    /// Says what is wrong after an operation that went well, on this rank; or nothing.
    std::function<std::string(const memdata::Communicator& comm, const std::string& file)> check = {};
    /// The communicator that `operation` gets.
    enum class Ranks {
        together,  ///< of one node, which is known
        apart,     ///< as if each had a node of its own
        unknown,   ///< it is new, so that the ranks of the node are looked for
    } ranks = Ranks::together;
    /// HDF5 or MPI-IO make collective accesses of their own, in which they hang when one rank's fails.
    bool by_hdf5 = false;
};

std::ostream& operator<<(std::ostream& out, const InjectCase& which);

[[nodiscard]] const std::vector<InjectCase>& inject_cases();

}  // namespace memdata_test
