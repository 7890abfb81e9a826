// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace memdata {

/// What went wrong, in one word; every kind has an exception type of its own (below).
enum class ErrorKind : std::uint8_t {
    general,   ///< anything else, also a foreign exception carried to the other ranks
    argument,  ///< an argument that no call could accept: axis, index, option
    path,      ///< a node is missing, exists already, or is of the other kind
    dtype,     ///< an element type that does not fit, or that cannot be represented
    shape,     ///< a shape, number of dimensions or distribution that does not fit
    mismatch,  ///< what must be equal on all ranks is not
    io,        ///< the operating system or a library could not read or write
    format,    ///< a file is not HDF5, is truncated, or holds what cannot be right
    lock,      ///< somebody else is writing the file
    backend,   ///< the MPI-IO backend is unknown, or was chosen too late
    memory,    ///< not enough memory
};

/// The name of a kind's exception type, such as "PathError".
[[nodiscard]] const char* to_string(ErrorKind kind) noexcept;

/// The facts behind a message; what is not known stays empty.
struct ErrorContext {
    std::string path = {};         ///< node in the tree, such as "/index_map/freq"
    std::string file = {};         ///< file on disk
    std::string dtype = {};        ///< element type
    std::optional<int> axis = {};  ///< axis number
    std::optional<int> rank = {};  ///< the first rank on which it was seen
    std::string holder = {};       ///< who holds a lock: host, pid, job, time
};

/// Base of every exception that memdata throws on purpose.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& message, ErrorContext context = {})
        : Error(ErrorKind::general, message, std::move(context)) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
    [[nodiscard]] const ErrorContext& context() const noexcept { return context_; }
    [[nodiscard]] const std::string& path() const noexcept { return context_.path; }
    [[nodiscard]] const std::string& file() const noexcept { return context_.file; }
    [[nodiscard]] const std::string& dtype() const noexcept { return context_.dtype; }
    [[nodiscard]] std::optional<int> axis() const noexcept { return context_.axis; }
    [[nodiscard]] std::optional<int> rank() const noexcept { return context_.rank; }
    [[nodiscard]] const std::string& holder() const noexcept { return context_.holder; }

protected:
    Error(ErrorKind kind, const std::string& message, ErrorContext context)
        : std::runtime_error(message), kind_(kind), context_(std::move(context)) {}

private:
    ErrorKind kind_;
    ErrorContext context_;
};

template <ErrorKind K>
class ErrorOf : public Error {
public:
    explicit ErrorOf(const std::string& message, ErrorContext context = {}) : Error(K, message, std::move(context)) {}
};

using ArgumentError = ErrorOf<ErrorKind::argument>;
using PathError = ErrorOf<ErrorKind::path>;
using DtypeError = ErrorOf<ErrorKind::dtype>;
using ShapeError = ErrorOf<ErrorKind::shape>;
using MismatchError = ErrorOf<ErrorKind::mismatch>;
using IoError = ErrorOf<ErrorKind::io>;
using FormatError = ErrorOf<ErrorKind::format>;
using LockError = ErrorOf<ErrorKind::lock>;
using BackendError = ErrorOf<ErrorKind::backend>;
using MemoryError = ErrorOf<ErrorKind::memory>;

/// Throws the exception type that belongs to `kind`.
[[noreturn]] void throw_error(ErrorKind kind, const std::string& message, ErrorContext context = {});

}  // namespace memdata
