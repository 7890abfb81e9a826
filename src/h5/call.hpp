// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "memdata/base/error.hpp"

// Every call of HDF5's C API goes through here: checked in every build, its error stack in the exception.
namespace memdata::h5 {

/// HDF5's own printing of errors is off while this lives; the stack goes into exceptions instead.
class QuietErrors {
public:
    QuietErrors();
    ~QuietErrors();
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;

private:
    H5E_auto2_t function_ = nullptr;
    void* data_ = nullptr;
};

/// The error stack as one line, the cause first; clears it.
[[nodiscard]] std::string error_stack();

/// Throws IoError "H5Dopen2 of '/vis' failed: ...".
[[noreturn]] void throw_failure(std::string_view call, const ErrorContext& context);

/// The result of a call, when it is not negative; else throw_failure().
template <class Result>
Result check(Result result, std::string_view call, const ErrorContext& context = {}) {
    if (result < 0) {
        throw_failure(call, context);
    }
    return result;
}

/// The same for calls that are made very often: context() is asked only for a failure's message.
template <class Result, std::invocable Context>
Result check(Result result, std::string_view call, Context&& context) {
    if (result < 0) {
        throw_failure(call, context());
    }
    return result;
}

/// Owns an HDF5 id; closed with Close. One template for all of them.
template <herr_t (*Close)(hid_t)>
class Handle {
public:
    Handle() = default;
    /// Takes over a checked id.
    explicit Handle(hid_t id) noexcept : id_(id) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (id_ >= 0) {
            Close(id_);
        }
    }
    [[nodiscard]] hid_t get() const noexcept { return id_; }
    [[nodiscard]] bool is_open() const noexcept { return id_ >= 0; }
    /// Closes now; throws when that fails, which is where a full disk may show.
    void close(std::string_view call, const ErrorContext& context = {}) {
        check(Close(std::exchange(id_, H5I_INVALID_HID)), call, context);
    }
    template <std::invocable Context>
    void close(std::string_view call, Context&& context) {
        check(Close(std::exchange(id_, H5I_INVALID_HID)), call, context);
    }

private:
    hid_t id_ = H5I_INVALID_HID;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using PropertyList = Handle<H5Pclose>;
using Object = Handle<H5Oclose>;

}  // namespace memdata::h5
