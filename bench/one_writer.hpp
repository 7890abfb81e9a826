// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>
#include <mpi.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// The other way to write a filtered dataset in parallel: every rank compresses its chunks, and one of them writes what
// all have made by H5Dwrite_chunk.
namespace bench {

/// What HDF5 returns, unless it is an error.
template <class T>
T hdf5(T result) {
    if (result < 0) {
        throw std::runtime_error("a call of HDF5 failed");
    }
    return result;
}

/// The same for MPI, whose errors end the job unless somebody has it return them.
inline void mpi(int code) {
    if (code != MPI_SUCCESS) {
        throw std::runtime_error("a call of MPI failed");
    }
}

/// HDF5's shuffle and deflate of `values`, as one chunk of the file.
inline std::vector<Bytef> shuffled_and_deflated(const std::vector<double>& values, int level) {
    const std::size_t count = values.size();
    const auto* bytes = reinterpret_cast<const Bytef*>(values.data());
    std::vector<Bytef> shuffled(count * sizeof(double));
    for (std::size_t byte = 0; byte < sizeof(double); ++byte) {
        for (std::size_t i = 0; i < count; ++i) {
            shuffled[byte * count + i] = bytes[i * sizeof(double) + byte];
        }
    }
    uLongf size = compressBound(shuffled.size());
    std::vector<Bytef> result(size);
    if (compress2(result.data(), &size, shuffled.data(), shuffled.size(), level) != Z_OK) {
        throw std::runtime_error("compress2 failed");
    }
    result.resize(size);
    return result;
}

/// Writes "d", distributed over axis 0 in blocks that are whole chunks, all of one size. Collective on the array's
/// communicator.
inline void save_by_one_writer(const memdata::MPIArray& array, const std::vector<memdata::Index>& chunks, int level,
                               const std::string& file) {
    const memdata::Communicator& comm = array.comm();
    const auto here = array.local<double, 2>();
    const memdata::Index rows = array.local_shape()[0];
    const memdata::Index columns = array.shape()[1];
    if (rows * comm.size() != array.shape()[0] || rows % chunks[0] != 0 || columns % chunks[1] != 0) {
        throw std::runtime_error("the blocks are no whole chunks");
    }
    const auto compressed = [&](memdata::Index row, memdata::Index column) {
        std::vector<double> chunk;
        for (memdata::Index i = row; i < row + chunks[0]; ++i) {
            const double* first = &here(i, column);
            chunk.insert(chunk.end(), first, first + chunks[1]);
        }
        return shuffled_and_deflated(chunk, level);
    };

    hid_t dataset = H5I_INVALID_HID;
    hid_t out = H5I_INVALID_HID;
    if (comm.rank() == 0) {
        const hsize_t shape[2] = {static_cast<hsize_t>(array.shape()[0]), static_cast<hsize_t>(columns)};
        const hsize_t chunk[2] = {static_cast<hsize_t>(chunks[0]), static_cast<hsize_t>(chunks[1])};
        const hid_t space = hdf5(H5Screate_simple(2, shape, nullptr));
        const hid_t list = hdf5(H5Pcreate(H5P_DATASET_CREATE));
        hdf5(H5Pset_chunk(list, 2, chunk));
        hdf5(H5Pset_shuffle(list));
        hdf5(H5Pset_deflate(list, static_cast<unsigned>(level)));
        out = hdf5(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        dataset = hdf5(H5Dcreate2(out, "d", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, list, H5P_DEFAULT));
        hdf5(H5Pclose(list));
        hdf5(H5Sclose(space));
    }
    std::vector<Bytef> buffer;
    for (memdata::Index row = 0; row < rows; row += chunks[0]) {
        for (memdata::Index column = 0; column < columns; column += chunks[1]) {
            buffer = compressed(row, column);
            if (comm.rank() != 0) {
                mpi(MPI_Send(buffer.data(), static_cast<int>(buffer.size()), MPI_BYTE, 0, 0, comm));
                continue;
            }
            for (int rank = 0; rank < comm.size(); ++rank) {
                if (rank > 0) {
                    MPI_Status status;
                    int bytes = 0;
                    mpi(MPI_Probe(rank, 0, comm, &status));
                    mpi(MPI_Get_count(&status, MPI_BYTE, &bytes));
                    buffer.resize(static_cast<std::size_t>(bytes));
                    mpi(MPI_Recv(buffer.data(), bytes, MPI_BYTE, rank, 0, comm, MPI_STATUS_IGNORE));
                }
                const hsize_t start[2] = {static_cast<hsize_t>(rank * rows + row), static_cast<hsize_t>(column)};
                hdf5(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, start, buffer.size(), buffer.data()));
            }
        }
    }
    if (comm.rank() == 0) {
        hdf5(H5Dclose(dataset));
        hdf5(H5Fclose(out));
    }
}

}  // namespace bench
