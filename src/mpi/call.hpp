// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <string_view>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata::mpi {

/// Throws IoError with the call's name and MPI's text when `code` is not MPI_SUCCESS.
void check(int code, std::string_view call, const ErrorContext& context = {});

/// MPI is not finalised: later there is nothing to free, and no way to.
[[nodiscard]] bool can_free() noexcept;

/// Owns an MPI object; freed with Free. One template for all of them.
template <class Object, int (*Free)(Object*)>
class Handle {
public:
    Handle() = default;
    explicit Handle(Object object, bool owned = true) noexcept : object_(object), owned_(owned) {}
    Handle(Handle&& other) noexcept : object_(other.object_), owned_(std::exchange(other.owned_, false)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(object_, other.object_);
        std::swap(owned_, other.owned_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (owned_ && can_free()) {
            Free(&object_);
        }
    }
    [[nodiscard]] Object get() const noexcept { return object_; }

private:
    Object object_{};
    bool owned_ = false;
};

using Type = Handle<MPI_Datatype, MPI_Type_free>;
using Info = Handle<MPI_Info, MPI_Info_free>;
using Comm = Handle<MPI_Comm, MPI_Comm_free>;

}  // namespace memdata::mpi
