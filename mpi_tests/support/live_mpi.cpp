// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// MPI's functions that make and free objects, under their own names: they note it, and go on to the library by its
// profiling interface. They are weak because memdata_call_counts has some of them, too; those of it go on to the
// functions live_MPI_... here, which is why there are two names for each.

#include "live_mpi.hpp"

#include <mpi.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

/// Not by operator new: tests let that fail.
template <class T>
struct Malloc {
    using value_type = T;
    Malloc() = default;
    template <class Other>
    Malloc(const Malloc<Other>&) noexcept {}  // NOLINT(google-explicit-constructor): as allocators are
    T* allocate(std::size_t number) {
        if (void* memory = std::malloc(number * sizeof(T))) {
            return static_cast<T*>(memory);
        }
        std::abort();
    }
    void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
    friend bool operator==(const Malloc&, const Malloc&) { return true; }
};

struct Made {
    const char* kind;
    const char* by;
};

/// By handle. There may be several of one handle: MPI gives requests that are complete at once a common one.
struct Objects {
    using Table = std::unordered_multimap<std::uintptr_t, Made, std::hash<std::uintptr_t>, std::equal_to<>,
                                          Malloc<std::pair<const std::uintptr_t, Made>>>;
    std::mutex mutex;
    Table made;
};

Objects& objects() {
    static Objects& instance = *new Objects;  // libraries free objects after static objects are gone
    return instance;
}

constexpr const char* communicator = "MPI communicator";
constexpr const char* group = "MPI group";
constexpr const char* datatype = "MPI datatype";
constexpr const char* window = "MPI window";
constexpr const char* open_file = "MPI file";
constexpr const char* info_object = "MPI info";
constexpr const char* operation = "MPI operation";
constexpr const char* handler = "MPI error handler";
constexpr const char* pending = "MPI request";

template <class Handle>
std::uintptr_t number_of(Handle handle) {
    if constexpr (std::is_pointer_v<Handle>) {
        return reinterpret_cast<std::uintptr_t>(handle);
    } else {
        return static_cast<std::uintptr_t>(handle);
    }
}

template <class Handle>
void note_made(const char* kind, Handle handle, Handle null, const char* by) {
    if (handle != null) {
        Objects& all = objects();
        const std::scoped_lock lock(all.mutex);
        all.made.emplace(number_of(handle), Made{kind, by});
    }
}

/// Handles of two kinds may be the same number.
template <class Handle>
void note_freed(const char* kind, Handle handle) {
    Objects& all = objects();
    const std::scoped_lock lock(all.mutex);
    const auto [first, last] = all.made.equal_range(number_of(handle));
    for (auto object = first; object != last; ++object) {
        if (object->second.kind == kind) {
            all.made.erase(object);
            return;
        }
    }
}

/// Requests that a call may complete, as they were before it.
class Pending {
public:
    Pending(const MPI_Request* requests, int count) : requests_(requests), before_(requests, requests + count) {}
    void note_completed() const {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            if (before_[i] != MPI_REQUEST_NULL && requests_[i] == MPI_REQUEST_NULL) {
                note_freed(pending, before_[i]);
            }
        }
    }

private:
    const MPI_Request* requests_;
    std::vector<MPI_Request, Malloc<MPI_Request>> before_;
};

}  // namespace

memdata_test::Live memdata_test::live_mpi_objects() {
    Live live;
    Objects& all = objects();
    const std::scoped_lock lock(all.mutex);
    for (const auto& [handle, made] : all.made) {
        ++live[std::string(made.kind) + " of " + made.by];
    }
    return live;
}

#define MEMDATA_LIVE(name, parameters, arguments, before, after) \
    extern "C" int live_##name parameters {                      \
        before;                                                  \
        const int code = P##name arguments;                      \
        if (code == MPI_SUCCESS) {                               \
            after;                                               \
        }                                                        \
        return code;                                             \
    }                                                            \
    extern "C" [[gnu::weak]] int name parameters { return live_##name arguments; }

#define MEMDATA_MAKES(kind, null, name, parameters, arguments, object) \
    MEMDATA_LIVE(name, parameters, arguments, static_cast<void>(0), note_made(kind, *(object), null, #name))

#define MEMDATA_FREES(kind, name, type)                                                                          \
    MEMDATA_LIVE(name, (type * object), (object), const std::remove_pointer_t<decltype(object)> freed = *object, \
                 note_freed(kind, freed))

#define MEMDATA_COMPLETES(name, parameters, arguments, requests, count) \
    MEMDATA_LIVE(name, parameters, arguments, const Pending these(requests, count), these.note_completed())

#define MEMDATA_MAKES_COMM(name, parameters, arguments) \
    MEMDATA_MAKES(communicator, MPI_COMM_NULL, name, parameters, arguments, result)
#define MEMDATA_MAKES_GROUP(name, parameters, arguments) \
    MEMDATA_MAKES(group, MPI_GROUP_EMPTY, name, parameters, arguments, result)
#define MEMDATA_MAKES_TYPE(name, parameters, arguments) \
    MEMDATA_MAKES(datatype, MPI_DATATYPE_NULL, name, parameters, arguments, result)
#define MEMDATA_MAKES_WINDOW(name, parameters, arguments) \
    MEMDATA_MAKES(window, MPI_WIN_NULL, name, parameters, arguments, result)
#define MEMDATA_MAKES_INFO(name, parameters, arguments) \
    MEMDATA_MAKES(info_object, MPI_INFO_NULL, name, parameters, arguments, result)
#define MEMDATA_MAKES_REQUEST(name, parameters, arguments) \
    MEMDATA_MAKES(pending, MPI_REQUEST_NULL, name, parameters, arguments, result)

MEMDATA_MAKES_COMM(MPI_Comm_dup, (MPI_Comm comm, MPI_Comm* result), (comm, result))
MEMDATA_MAKES_COMM(MPI_Comm_dup_with_info, (MPI_Comm comm, MPI_Info info, MPI_Comm* result), (comm, info, result))
MEMDATA_MAKES_COMM(MPI_Comm_create, (MPI_Comm comm, MPI_Group ranks, MPI_Comm* result), (comm, ranks, result))
MEMDATA_MAKES_COMM(MPI_Comm_create_group, (MPI_Comm comm, MPI_Group ranks, int tag, MPI_Comm* result),
                   (comm, ranks, tag, result))
MEMDATA_MAKES_COMM(MPI_Comm_split, (MPI_Comm comm, int color, int key, MPI_Comm* result), (comm, color, key, result))
MEMDATA_MAKES_COMM(MPI_Comm_split_type, (MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* result),
                   (comm, type, key, info, result))
MEMDATA_MAKES_COMM(MPI_Cart_create,
                   (MPI_Comm comm, int number, const int dims[], const int periods[], int reorder, MPI_Comm* result),
                   (comm, number, dims, periods, reorder, result))
MEMDATA_MAKES_COMM(MPI_Cart_sub, (MPI_Comm comm, const int remain[], MPI_Comm* result), (comm, remain, result))
MEMDATA_MAKES_COMM(MPI_Graph_create,
                   (MPI_Comm comm, int nodes, const int index[], const int edges[], int reorder, MPI_Comm* result),
                   (comm, nodes, index, edges, reorder, result))
MEMDATA_MAKES_COMM(MPI_Dist_graph_create_adjacent,
                   (MPI_Comm comm, int in, const int sources[], const int in_weights[], int out, const int targets[],
                    const int out_weights[], MPI_Info info, int reorder, MPI_Comm* result),
                   (comm, in, sources, in_weights, out, targets, out_weights, info, reorder, result))
MEMDATA_MAKES_COMM(MPI_Intercomm_create,
                   (MPI_Comm local, int leader, MPI_Comm peer, int remote, int tag, MPI_Comm* result),
                   (local, leader, peer, remote, tag, result))
MEMDATA_MAKES_COMM(MPI_Intercomm_merge, (MPI_Comm comm, int high, MPI_Comm* result), (comm, high, result))
MEMDATA_FREES(communicator, MPI_Comm_free, MPI_Comm)
MEMDATA_FREES(communicator, MPI_Comm_disconnect, MPI_Comm)
MEMDATA_LIVE(MPI_Comm_idup, (MPI_Comm comm, MPI_Comm* result, MPI_Request* request), (comm, result, request),
             static_cast<void>(0),
             (note_made(communicator, *result, MPI_COMM_NULL, "MPI_Comm_idup"),
              note_made(pending, *request, MPI_REQUEST_NULL, "MPI_Comm_idup")))

MEMDATA_MAKES_GROUP(MPI_Comm_group, (MPI_Comm comm, MPI_Group* result), (comm, result))
MEMDATA_MAKES_GROUP(MPI_Group_incl, (MPI_Group whole, int number, const int ranks[], MPI_Group* result),
                    (whole, number, ranks, result))
MEMDATA_MAKES_GROUP(MPI_Group_excl, (MPI_Group whole, int number, const int ranks[], MPI_Group* result),
                    (whole, number, ranks, result))
MEMDATA_MAKES_GROUP(MPI_Group_union, (MPI_Group a, MPI_Group b, MPI_Group* result), (a, b, result))
MEMDATA_MAKES_GROUP(MPI_Group_intersection, (MPI_Group a, MPI_Group b, MPI_Group* result), (a, b, result))
MEMDATA_MAKES_GROUP(MPI_Group_difference, (MPI_Group a, MPI_Group b, MPI_Group* result), (a, b, result))
MEMDATA_FREES(group, MPI_Group_free, MPI_Group)

MEMDATA_MAKES_TYPE(MPI_Type_contiguous, (int count, MPI_Datatype type, MPI_Datatype* result), (count, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_vector, (int count, int length, int stride, MPI_Datatype type, MPI_Datatype* result),
                   (count, length, stride, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_hvector,
                   (int count, int length, MPI_Aint stride, MPI_Datatype type, MPI_Datatype* result),
                   (count, length, stride, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_indexed,
                   (int count, const int lengths[], const int places[], MPI_Datatype type, MPI_Datatype* result),
                   (count, lengths, places, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_hindexed,
                   (int count, const int lengths[], const MPI_Aint places[], MPI_Datatype type, MPI_Datatype* result),
                   (count, lengths, places, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_indexed_block,
                   (int count, int length, const int places[], MPI_Datatype type, MPI_Datatype* result),
                   (count, length, places, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_hindexed_block,
                   (int count, int length, const MPI_Aint places[], MPI_Datatype type, MPI_Datatype* result),
                   (count, length, places, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_struct,
                   (int count, const int lengths[], const MPI_Aint places[], const MPI_Datatype types[],
                    MPI_Datatype* result),
                   (count, lengths, places, types, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_subarray,
                   (int number, const int sizes[], const int parts[], const int starts[], int order, MPI_Datatype type,
                    MPI_Datatype* result),
                   (number, sizes, parts, starts, order, type, result))
MEMDATA_MAKES_TYPE(MPI_Type_create_resized, (MPI_Datatype type, MPI_Aint lower, MPI_Aint extent, MPI_Datatype* result),
                   (type, lower, extent, result))
MEMDATA_MAKES_TYPE(MPI_Type_dup, (MPI_Datatype type, MPI_Datatype* result), (type, result))
MEMDATA_FREES(datatype, MPI_Type_free, MPI_Datatype)

MEMDATA_MAKES_WINDOW(MPI_Win_create,
                     (void* base, MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, MPI_Win* result),
                     (base, size, unit, info, comm, result))
MEMDATA_MAKES_WINDOW(MPI_Win_allocate,
                     (MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void* base, MPI_Win* result),
                     (size, unit, info, comm, base, result))
MEMDATA_MAKES_WINDOW(MPI_Win_allocate_shared,
                     (MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void* base, MPI_Win* result),
                     (size, unit, info, comm, base, result))
MEMDATA_MAKES_WINDOW(MPI_Win_create_dynamic, (MPI_Info info, MPI_Comm comm, MPI_Win* result), (info, comm, result))
MEMDATA_FREES(window, MPI_Win_free, MPI_Win)

MEMDATA_MAKES(open_file, MPI_FILE_NULL, MPI_File_open,
              (MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* result),
              (comm, name, mode, info, result), result)
MEMDATA_FREES(open_file, MPI_File_close, MPI_File)

MEMDATA_MAKES_INFO(MPI_Info_create, (MPI_Info * result), (result))
MEMDATA_MAKES_INFO(MPI_Info_dup, (MPI_Info info, MPI_Info* result), (info, result))
MEMDATA_MAKES_INFO(MPI_File_get_info, (MPI_File file, MPI_Info* result), (file, result))
MEMDATA_MAKES_INFO(MPI_Comm_get_info, (MPI_Comm comm, MPI_Info* result), (comm, result))
MEMDATA_FREES(info_object, MPI_Info_free, MPI_Info)

MEMDATA_MAKES(operation, MPI_OP_NULL, MPI_Op_create, (MPI_User_function * function, int commute, MPI_Op* result),
              (function, commute, result), result)
MEMDATA_FREES(operation, MPI_Op_free, MPI_Op)

MEMDATA_MAKES(handler, MPI_ERRHANDLER_NULL, MPI_Comm_create_errhandler,
              (MPI_Comm_errhandler_function * function, MPI_Errhandler* result), (function, result), result)
MEMDATA_MAKES(handler, MPI_ERRHANDLER_NULL, MPI_File_create_errhandler,
              (MPI_File_errhandler_function * function, MPI_Errhandler* result), (function, result), result)
MEMDATA_FREES(handler, MPI_Errhandler_free, MPI_Errhandler)

#define MEMDATA_SENDS(name)                                                                                          \
    MEMDATA_MAKES_REQUEST(                                                                                           \
        name, (const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* result), \
        (data, count, type, to, tag, comm, result))
MEMDATA_SENDS(MPI_Isend)
MEMDATA_SENDS(MPI_Issend)
MEMDATA_SENDS(MPI_Irsend)
MEMDATA_MAKES_REQUEST(MPI_Irecv,
                      (void* data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request* result),
                      (data, count, type, from, tag, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ibarrier, (MPI_Comm comm, MPI_Request* result), (comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ibcast,
                      (void* data, int count, MPI_Datatype type, int root, MPI_Comm comm, MPI_Request* result),
                      (data, count, type, root, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Iallreduce,
                      (const void* from, void* to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                       MPI_Request* result),
                      (from, to, count, type, op, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ireduce,
                      (const void* from, void* to, int count, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm,
                       MPI_Request* result),
                      (from, to, count, type, op, root, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Iallgather,
                      (const void* from, int sent, MPI_Datatype type, void* to, int received, MPI_Datatype as,
                       MPI_Comm comm, MPI_Request* result),
                      (from, sent, type, to, received, as, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Iallgatherv,
                      (const void* from, int sent, MPI_Datatype type, void* to, const int received[],
                       const int places[], MPI_Datatype as, MPI_Comm comm, MPI_Request* result),
                      (from, sent, type, to, received, places, as, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ialltoall,
                      (const void* from, int sent, MPI_Datatype type, void* to, int received, MPI_Datatype as,
                       MPI_Comm comm, MPI_Request* result),
                      (from, sent, type, to, received, as, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ialltoallv,
                      (const void* from, const int sent[], const int out[], MPI_Datatype type, void* to,
                       const int received[], const int in[], MPI_Datatype as, MPI_Comm comm, MPI_Request* result),
                      (from, sent, out, type, to, received, in, as, comm, result))
MEMDATA_MAKES_REQUEST(MPI_Ialltoallw,
                      (const void* from, const int sent[], const int out[], const MPI_Datatype types[], void* to,
                       const int received[], const int in[], const MPI_Datatype as[], MPI_Comm comm,
                       MPI_Request* result),
                      (from, sent, out, types, to, received, in, as, comm, result))
#define MEMDATA_ACCESSES(name, data_type)                                                                        \
    MEMDATA_MAKES_REQUEST(                                                                                       \
        name, (MPI_File file, MPI_Offset at, data_type data, int count, MPI_Datatype type, MPI_Request* result), \
        (file, at, data, count, type, result))
MEMDATA_ACCESSES(MPI_File_iread_at, void*)
MEMDATA_ACCESSES(MPI_File_iwrite_at, const void*)

MEMDATA_COMPLETES(MPI_Wait, (MPI_Request * request, MPI_Status* status), (request, status), request, 1)
MEMDATA_COMPLETES(MPI_Waitall, (int count, MPI_Request requests[], MPI_Status statuses[]), (count, requests, statuses),
                  requests, count)
MEMDATA_COMPLETES(MPI_Waitany, (int count, MPI_Request requests[], int* index, MPI_Status* status),
                  (count, requests, index, status), requests, count)
MEMDATA_COMPLETES(MPI_Waitsome, (int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]),
                  (count, requests, done, indices, statuses), requests, count)
MEMDATA_COMPLETES(MPI_Test, (MPI_Request * request, int* flag, MPI_Status* status), (request, flag, status), request, 1)
MEMDATA_COMPLETES(MPI_Testall, (int count, MPI_Request requests[], int* flag, MPI_Status statuses[]),
                  (count, requests, flag, statuses), requests, count)
MEMDATA_COMPLETES(MPI_Testany, (int count, MPI_Request requests[], int* index, int* flag, MPI_Status* status),
                  (count, requests, index, flag, status), requests, count)
MEMDATA_COMPLETES(MPI_Testsome, (int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]),
                  (count, requests, done, indices, statuses), requests, count)
MEMDATA_COMPLETES(MPI_Request_free, (MPI_Request * request), (request), request, 1)
