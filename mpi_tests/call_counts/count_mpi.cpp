// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// MPI's functions under their own names, which count and go on to the library by its profiling interface.
#include <mpi.h>

#include <numeric>

#include "call_counts.hpp"

using memdata_test::Call;
using memdata_test::count_call;

namespace {

std::int64_t bytes_of(int count, MPI_Datatype type) {
    MPI_Count size = 0;
    return count > 0 && PMPI_Type_size_x(type, &size) == MPI_SUCCESS ? count * size : 0;
}

int ranks_of(MPI_Comm comm) {
    int ranks = 0;
    return PMPI_Comm_size(comm, &ranks) == MPI_SUCCESS ? ranks : 0;
}

/// Sum of bytes(rank) over the other ranks: what a rank keeps is not sent.
template <class F>
std::int64_t sum_over_others(MPI_Comm comm, F&& bytes) {
    int me = 0;
    PMPI_Comm_rank(comm, &me);
    std::int64_t sum = 0;
    for (int rank = 0; rank < ranks_of(comm); ++rank) {
        sum += rank == me ? 0 : bytes(rank);
    }
    return sum;
}

std::int64_t bytes_to_others(int count, MPI_Datatype type, MPI_Comm comm) {
    return sum_over_others(comm, [&](int) { return bytes_of(count, type); });
}

std::int64_t bytes_to_others(const int* counts, MPI_Datatype type, MPI_Comm comm) {
    return sum_over_others(comm, [&](int rank) { return bytes_of(counts[rank], type); });
}

std::int64_t bytes_to_others(const int* counts, const MPI_Datatype* types, MPI_Comm comm) {
    return sum_over_others(comm, [&](int rank) { return bytes_of(counts[rank], types[rank]); });
}

}  // namespace

#define MEMDATA_COUNTING(name, parameters, arguments, bytes) \
    extern "C" int name parameters {                         \
        count_call(Call::name, bytes);                       \
        return P##name arguments;                            \
    }

// Of functions that make or free objects: the test programs count those, too (live_mpi.cpp).
#define MEMDATA_COUNTING_OBJECT(name, parameters, arguments, bytes)                \
    extern "C" [[gnu::weak]] int live_##name parameters;                           \
    extern "C" int name parameters {                                               \
        count_call(Call::name, bytes);                                             \
        return live_##name != nullptr ? live_##name arguments : P##name arguments; \
    }

MEMDATA_COUNTING(MPI_Allgather,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm), bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Allgatherv,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, const int recvcounts[],
                  const int displs[], MPI_Datatype recvtype, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, comm),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Allreduce,
                 (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
                 (sendbuf, recvbuf, count, type, op, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Alltoall,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm),
                 bytes_to_others(sendcount, sendtype, comm))
MEMDATA_COUNTING(MPI_Alltoallv,
                 (const void* sendbuf, const int sendcounts[], const int sdispls[], MPI_Datatype sendtype,
                  void* recvbuf, const int recvcounts[], const int rdispls[], MPI_Datatype recvtype, MPI_Comm comm),
                 (sendbuf, sendcounts, sdispls, sendtype, recvbuf, recvcounts, rdispls, recvtype, comm),
                 bytes_to_others(sendcounts, sendtype, comm))
MEMDATA_COUNTING(MPI_Alltoallw,
                 (const void* sendbuf, const int sendcounts[], const int sdispls[], const MPI_Datatype sendtypes[],
                  void* recvbuf, const int recvcounts[], const int rdispls[], const MPI_Datatype recvtypes[],
                  MPI_Comm comm),
                 (sendbuf, sendcounts, sdispls, sendtypes, recvbuf, recvcounts, rdispls, recvtypes, comm),
                 bytes_to_others(sendcounts, sendtypes, comm))
MEMDATA_COUNTING(MPI_Barrier, (MPI_Comm comm), (comm), 0)
MEMDATA_COUNTING(MPI_Bcast, (void* buffer, int count, MPI_Datatype type, int root, MPI_Comm comm),
                 (buffer, count, type, root, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Exscan,
                 (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
                 (sendbuf, recvbuf, count, type, op, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Gather,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, int root, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Gatherv,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, const int recvcounts[],
                  const int displs[], MPI_Datatype recvtype, int root, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, root, comm),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Reduce,
                 (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm),
                 (sendbuf, recvbuf, count, type, op, root, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Reduce_scatter,
                 (const void* sendbuf, void* recvbuf, const int recvcounts[], MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm),
                 (sendbuf, recvbuf, recvcounts, type, op, comm),
                 bytes_of(std::accumulate(recvcounts, recvcounts + ranks_of(comm), 0), type))
MEMDATA_COUNTING(MPI_Reduce_scatter_block,
                 (const void* sendbuf, void* recvbuf, int recvcount, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
                 (sendbuf, recvbuf, recvcount, type, op, comm), bytes_of(recvcount, type) * ranks_of(comm))
MEMDATA_COUNTING(MPI_Scan, (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
                 (sendbuf, recvbuf, count, type, op, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Scatter,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, int root, MPI_Comm comm),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm),
                 bytes_of(recvcount, recvtype))
MEMDATA_COUNTING(MPI_Scatterv,
                 (const void* sendbuf, const int sendcounts[], const int displs[], MPI_Datatype sendtype, void* recvbuf,
                  int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm),
                 (sendbuf, sendcounts, displs, sendtype, recvbuf, recvcount, recvtype, root, comm),
                 bytes_of(recvcount, recvtype))
MEMDATA_COUNTING_OBJECT(MPI_Iallgather,
                        (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                         MPI_Datatype recvtype, MPI_Comm comm, MPI_Request* request),
                        (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm, request),
                        bytes_of(sendcount, sendtype))
MEMDATA_COUNTING_OBJECT(MPI_Iallgatherv,
                        (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf,
                         const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm,
                         MPI_Request* request),
                        (sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, comm, request),
                        bytes_of(sendcount, sendtype))
MEMDATA_COUNTING_OBJECT(MPI_Iallreduce,
                        (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                         MPI_Request* request),
                        (sendbuf, recvbuf, count, type, op, comm, request), bytes_of(count, type))
MEMDATA_COUNTING_OBJECT(MPI_Ialltoall,
                        (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                         MPI_Datatype recvtype, MPI_Comm comm, MPI_Request* request),
                        (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm, request),
                        bytes_to_others(sendcount, sendtype, comm))
MEMDATA_COUNTING_OBJECT(MPI_Ialltoallv,
                        (const void* sendbuf, const int sendcounts[], const int sdispls[], MPI_Datatype sendtype,
                         void* recvbuf, const int recvcounts[], const int rdispls[], MPI_Datatype recvtype,
                         MPI_Comm comm, MPI_Request* request),
                        (sendbuf, sendcounts, sdispls, sendtype, recvbuf, recvcounts, rdispls, recvtype, comm, request),
                        bytes_to_others(sendcounts, sendtype, comm))
MEMDATA_COUNTING_OBJECT(MPI_Ialltoallw,
                        (const void* sendbuf, const int sendcounts[], const int sdispls[],
                         const MPI_Datatype sendtypes[], void* recvbuf, const int recvcounts[], const int rdispls[],
                         const MPI_Datatype recvtypes[], MPI_Comm comm, MPI_Request* request),
                        (sendbuf, sendcounts, sdispls, sendtypes, recvbuf, recvcounts, rdispls, recvtypes, comm,
                         request),
                        bytes_to_others(sendcounts, sendtypes, comm))
MEMDATA_COUNTING_OBJECT(MPI_Ibarrier, (MPI_Comm comm, MPI_Request* request), (comm, request), 0)
MEMDATA_COUNTING_OBJECT(MPI_Ibcast,
                        (void* buffer, int count, MPI_Datatype type, int root, MPI_Comm comm, MPI_Request* request),
                        (buffer, count, type, root, comm, request), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Igather,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request* request),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm, request),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Igatherv,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, const int recvcounts[],
                  const int displs[], MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request* request),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, root, comm, request),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING_OBJECT(MPI_Ireduce,
                        (const void* sendbuf, void* recvbuf, int count, MPI_Datatype type, MPI_Op op, int root,
                         MPI_Comm comm, MPI_Request* request),
                        (sendbuf, recvbuf, count, type, op, root, comm, request), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Iscatter,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, void* recvbuf, int recvcount,
                  MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request* request),
                 (sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm, request),
                 bytes_of(recvcount, recvtype))
MEMDATA_COUNTING(MPI_Iscatterv,
                 (const void* sendbuf, const int sendcounts[], const int displs[], MPI_Datatype sendtype, void* recvbuf,
                  int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request* request),
                 (sendbuf, sendcounts, displs, sendtype, recvbuf, recvcount, recvtype, root, comm, request),
                 bytes_of(recvcount, recvtype))
MEMDATA_COUNTING_OBJECT(MPI_Comm_create, (MPI_Comm comm, MPI_Group group, MPI_Comm* newcomm), (comm, group, newcomm), 0)
MEMDATA_COUNTING_OBJECT(MPI_Comm_dup, (MPI_Comm comm, MPI_Comm* newcomm), (comm, newcomm), 0)
MEMDATA_COUNTING_OBJECT(MPI_Comm_free, (MPI_Comm * comm), (comm), 0)
MEMDATA_COUNTING_OBJECT(MPI_Comm_idup, (MPI_Comm comm, MPI_Comm* newcomm, MPI_Request* request),
                        (comm, newcomm, request), 0)
MEMDATA_COUNTING_OBJECT(MPI_Comm_split, (MPI_Comm comm, int color, int key, MPI_Comm* newcomm),
                        (comm, color, key, newcomm), 0)
MEMDATA_COUNTING_OBJECT(MPI_Comm_split_type, (MPI_Comm comm, int split_type, int key, MPI_Info info, MPI_Comm* newcomm),
                        (comm, split_type, key, info, newcomm), 0)
MEMDATA_COUNTING_OBJECT(MPI_Win_allocate,
                        (MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, void* baseptr, MPI_Win* win),
                        (size, disp_unit, info, comm, baseptr, win), 0)
MEMDATA_COUNTING_OBJECT(MPI_Win_allocate_shared,
                        (MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, void* baseptr, MPI_Win* win),
                        (size, disp_unit, info, comm, baseptr, win), 0)
MEMDATA_COUNTING_OBJECT(MPI_Win_create,
                        (void* base, MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, MPI_Win* win),
                        (base, size, disp_unit, info, comm, win), 0)
MEMDATA_COUNTING(MPI_Win_fence, (int assert, MPI_Win win), (assert, win), 0)
MEMDATA_COUNTING_OBJECT(MPI_Win_free, (MPI_Win * win), (win), 0)
MEMDATA_COUNTING_OBJECT(MPI_File_open, (MPI_Comm comm, const char* filename, int amode, MPI_Info info, MPI_File* fh),
                        (comm, filename, amode, info, fh), 0)
MEMDATA_COUNTING_OBJECT(MPI_File_close, (MPI_File * fh), (fh), 0)
MEMDATA_COUNTING(MPI_File_preallocate, (MPI_File fh, MPI_Offset size), (fh, size), 0)
MEMDATA_COUNTING(MPI_File_read_all, (MPI_File fh, void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, buf, count, type, status), bytes_of(count, type))
MEMDATA_COUNTING(MPI_File_read_at_all,
                 (MPI_File fh, MPI_Offset offset, void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, offset, buf, count, type, status), bytes_of(count, type))
MEMDATA_COUNTING(MPI_File_set_size, (MPI_File fh, MPI_Offset size), (fh, size), 0)
MEMDATA_COUNTING(MPI_File_set_view,
                 (MPI_File fh, MPI_Offset disp, MPI_Datatype etype, MPI_Datatype filetype, const char* datarep,
                  MPI_Info info),
                 (fh, disp, etype, filetype, datarep, info), 0)
MEMDATA_COUNTING(MPI_File_sync, (MPI_File fh), (fh), 0)
MEMDATA_COUNTING(MPI_File_write_all, (MPI_File fh, const void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, buf, count, type, status), bytes_of(count, type))
MEMDATA_COUNTING(MPI_File_write_at_all,
                 (MPI_File fh, MPI_Offset offset, const void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, offset, buf, count, type, status), bytes_of(count, type))
MEMDATA_COUNTING_OBJECT(MPI_Irecv,
                        (void* buf, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm,
                         MPI_Request* request),
                        (buf, count, type, source, tag, comm, request), 0)
MEMDATA_COUNTING_OBJECT(MPI_Isend,
                        (const void* buf, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm,
                         MPI_Request* request),
                        (buf, count, type, dest, tag, comm, request), bytes_of(count, type))
MEMDATA_COUNTING_OBJECT(MPI_Issend,
                        (const void* buf, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm,
                         MPI_Request* request),
                        (buf, count, type, dest, tag, comm, request), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Recv,
                 (void* buf, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm, MPI_Status* status),
                 (buf, count, type, source, tag, comm, status), 0)
MEMDATA_COUNTING(MPI_Rsend, (const void* buf, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm),
                 (buf, count, type, dest, tag, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Send, (const void* buf, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm),
                 (buf, count, type, dest, tag, comm), bytes_of(count, type))
MEMDATA_COUNTING(MPI_Sendrecv,
                 (const void* sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag, void* recvbuf,
                  int recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm, MPI_Status* status),
                 (sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm,
                  status),
                 bytes_of(sendcount, sendtype))
MEMDATA_COUNTING(MPI_Ssend, (const void* buf, int count, MPI_Datatype type, int dest, int tag, MPI_Comm comm),
                 (buf, count, type, dest, tag, comm), bytes_of(count, type))
MEMDATA_COUNTING_OBJECT(MPI_File_iread_at,
                        (MPI_File fh, MPI_Offset offset, void* buf, int count, MPI_Datatype type, MPI_Request* request),
                        (fh, offset, buf, count, type, request), bytes_of(count, type))
MEMDATA_COUNTING_OBJECT(MPI_File_iwrite_at,
                        (MPI_File fh, MPI_Offset offset, const void* buf, int count, MPI_Datatype type,
                         MPI_Request* request),
                        (fh, offset, buf, count, type, request), bytes_of(count, type))
MEMDATA_COUNTING(MPI_File_read_at,
                 (MPI_File fh, MPI_Offset offset, void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, offset, buf, count, type, status), bytes_of(count, type))
MEMDATA_COUNTING(MPI_File_write_at,
                 (MPI_File fh, MPI_Offset offset, const void* buf, int count, MPI_Datatype type, MPI_Status* status),
                 (fh, offset, buf, count, type, status), bytes_of(count, type))
