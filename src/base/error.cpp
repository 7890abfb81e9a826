// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/error.hpp"

#include <utility>

namespace memdata {

const char* to_string(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::general:
            return "Error";
        case ErrorKind::argument:
            return "ArgumentError";
        case ErrorKind::path:
            return "PathError";
        case ErrorKind::dtype:
            return "DtypeError";
        case ErrorKind::shape:
            return "ShapeError";
        case ErrorKind::mismatch:
            return "MismatchError";
        case ErrorKind::io:
            return "IoError";
        case ErrorKind::format:
            return "FormatError";
        case ErrorKind::lock:
            return "LockError";
        case ErrorKind::backend:
            return "BackendError";
        case ErrorKind::memory:
            return "MemoryError";
    }
    return "Error";  // a number that came over the wire from a newer version
}

void throw_error(ErrorKind kind, const std::string& message, ErrorContext context) {
    switch (kind) {
        case ErrorKind::general:
            break;
        case ErrorKind::argument:
            throw ArgumentError(message, std::move(context));
        case ErrorKind::path:
            throw PathError(message, std::move(context));
        case ErrorKind::dtype:
            throw DtypeError(message, std::move(context));
        case ErrorKind::shape:
            throw ShapeError(message, std::move(context));
        case ErrorKind::mismatch:
            throw MismatchError(message, std::move(context));
        case ErrorKind::io:
            throw IoError(message, std::move(context));
        case ErrorKind::format:
            throw FormatError(message, std::move(context));
        case ErrorKind::lock:
            throw LockError(message, std::move(context));
        case ErrorKind::backend:
            throw BackendError(message, std::move(context));
        case ErrorKind::memory:
            throw MemoryError(message, std::move(context));
    }
    throw Error(message, std::move(context));
}

}  // namespace memdata
