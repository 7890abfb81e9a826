// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fftw3-mpi.h>
#include <mpi.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "memdata/memdata.hpp"

// The other ways to redistribute a float64 array, as a careful user would write them without memdata.
namespace bench {

namespace md = memdata;

/// What two ranks have in common, as a part of each's block, and the MPI types that describe it.
struct Common {
    std::array<int, 3> start{};
    std::array<int, 3> extents{};
};

/// One side of a redistribution, for every peer.
class Side {
public:
    /// `mine` is how this rank holds the array, `theirs` how the peers do.
    Side(const md::Distribution& mine, const md::Distribution& theirs, int rank) {
        const md::Shape block = mine.local_shape(rank);
        const int shift = 3 - block.ndim();
        for (int axis = 0; axis < block.ndim(); ++axis) {
            block_[static_cast<std::size_t>(axis + shift)] = static_cast<int>(block[axis]);
        }
        const auto cut = static_cast<std::size_t>(theirs.axis() + shift);
        for (int peer = 0; peer < theirs.ranks(); ++peer) {
            Common common{{}, block_};
            common.start[cut] = static_cast<int>(theirs.partition().offset(peer));
            common.extents[cut] = static_cast<int>(theirs.partition().count(peer));
            MPI_Datatype type = MPI_DATATYPE_NULL;
            MPI_Type_create_subarray(3, block_.data(), common.extents.data(), common.start.data(), MPI_ORDER_C,
                                     MPI_DOUBLE, &type);
            MPI_Type_commit(&type);
            parts_.push_back(common);
            types_.push_back(type);
            counts_.push_back(common.extents[0] * common.extents[1] * common.extents[2]);
            displacements_.push_back(displacements_.empty() ? 0 : displacements_.back() + counts_[counts_.size() - 2]);
        }
        // Parts that follow each other in the block need no packing.
        packed_ = theirs.axis() == 0;
    }
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side() {
        for (MPI_Datatype& type : types_) {
            MPI_Type_free(&type);
        }
    }

    [[nodiscard]] const std::vector<MPI_Datatype>& types() const { return types_; }
    [[nodiscard]] const std::vector<int>& counts() const { return counts_; }
    [[nodiscard]] const std::vector<int>& displacements() const { return displacements_; }
    [[nodiscard]] bool is_packed() const { return packed_; }

    /// Copies all parts between the block and a buffer in which they follow each other.
    void move(double* block, double* buffer, bool to_buffer) const {
        for (std::size_t peer = 0; peer < parts_.size(); ++peer) {
            const auto& [start, extents] = parts_[peer];
            double* next = buffer + displacements_[peer];
            // As large runs as there are.
            const bool rows = extents[2] == block_[2];
            const auto run = static_cast<std::size_t>(rows ? extents[1] * extents[2] : extents[2]);
            for (int i = 0; i < extents[0]; ++i) {
                for (int j = 0; j < (rows ? 1 : extents[1]); ++j) {
                    double* place = block +
                                    (static_cast<md::Index>(start[0] + i) * block_[1] + start[1] + j) * block_[2] +
                                    start[2];
                    std::memcpy(to_buffer ? next : place, to_buffer ? place : next, run * sizeof(double));
                    next += run;
                }
            }
        }
    }

private:
    std::array<int, 3> block_{1, 1, 1};
    std::vector<Common> parts_;
    std::vector<MPI_Datatype> types_;
    std::vector<int> counts_;
    std::vector<int> displacements_;
    bool packed_ = false;
};

/// MPI_Alltoallw of subarrays (mpi4py-fft's way).
inline void alltoallw(const md::Communicator& comm, const Side& from, const Side& to, const double* source,
                      double* target) {
    const std::vector<int> ones(from.types().size(), 1);
    const std::vector<int> zeros(from.types().size(), 0);
    MPI_Alltoallw(source, ones.data(), zeros.data(), from.types().data(), target, ones.data(), zeros.data(),
                  to.types().data(), comm);
}

/// Pack, MPI_Alltoallv, unpack; `buffers` has room for a block of each side.
inline void alltoallv(const md::Communicator& comm, const Side& from, const Side& to, double* source, double* target,
                      double* send_buffer, double* receive_buffer) {
    double* send = from.is_packed() ? source : send_buffer;
    double* receive = to.is_packed() ? target : receive_buffer;
    if (!from.is_packed()) {
        from.move(source, send_buffer, true);
    }
    MPI_Alltoallv(send, from.counts().data(), from.displacements().data(), MPI_DOUBLE, receive, to.counts().data(),
                  to.displacements().data(), MPI_DOUBLE, comm);
    if (!to.is_packed()) {
        to.move(target, receive_buffer, false);
    }
}

/// A pair after the other (caput's way), with subarrays.
inline void sendrecv(const md::Communicator& comm, const Side& from, const Side& to, const double* source,
                     double* target) {
    const int ranks = comm.size();
    for (int k = 0; k < ranks; ++k) {
        const auto next = static_cast<std::size_t>((comm.rank() + k) % ranks);
        const auto last = static_cast<std::size_t>((comm.rank() - k + ranks) % ranks);
        MPI_Sendrecv(source, 1, from.types()[next], static_cast<int>(next), k, target, 1, to.types()[last],
                     static_cast<int>(last), k, comm, MPI_STATUS_IGNORE);
    }
}

/// FFTW's transpose of (n0, n1, inner) from axis 0 to axis 1, left in the order (n0, local n1, inner). Estimated: a
/// measured plan was not faster here, and took minutes to make.
class FftwTranspose {
public:
    FftwTranspose(const md::Communicator& comm, const md::Shape& shape, double* source, double* target) {
        fftw_mpi_init();
        const auto ranks = static_cast<ptrdiff_t>(comm.size());
        plan_ = fftw_mpi_plan_many_transpose(shape[0], shape[1], shape.elements(2, shape.ndim()),
                                             (shape[0] + ranks - 1) / ranks, (shape[1] + ranks - 1) / ranks, source,
                                             target, comm, FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_OUT);
    }
    FftwTranspose(const FftwTranspose&) = delete;
    FftwTranspose& operator=(const FftwTranspose&) = delete;
    ~FftwTranspose() { fftw_destroy_plan(plan_); }
    /// May overwrite the source.
    void run(double* source, double* target) const { fftw_mpi_execute_r2r(plan_, source, target); }

private:
    fftw_plan plan_ = nullptr;
};

}  // namespace bench
