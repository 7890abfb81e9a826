// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/error.hpp"

#include "expect.hpp"

namespace memdata {
namespace {

TEST(Error, EveryKindThrowsItsTypeAndCarriesTheFacts) {
    const ErrorContext context{.path = "/a", .file = "f.h5", .dtype = "int8", .axis = 2, .rank = 3, .holder = "pid 1"};
    for (int k = 0; k <= static_cast<int>(ErrorKind::memory); ++k) {
        const auto kind = static_cast<ErrorKind>(k);
        try {
            throw_error(kind, "what", context);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), kind);
            EXPECT_STREQ(error.what(), "what");
            EXPECT_EQ(error.path(), "/a");
            EXPECT_EQ(error.file(), "f.h5");
            EXPECT_EQ(error.dtype(), "int8");
            EXPECT_EQ(error.axis(), 2);
            EXPECT_EQ(error.rank(), 3);
            EXPECT_EQ(error.holder(), "pid 1");
        }
    }
    EXPECT_THROW(throw_error(ErrorKind::argument, ""), ArgumentError);
    EXPECT_THROW(throw_error(ErrorKind::path, ""), PathError);
    EXPECT_THROW(throw_error(ErrorKind::dtype, ""), DtypeError);
    EXPECT_THROW(throw_error(ErrorKind::shape, ""), ShapeError);
    EXPECT_THROW(throw_error(ErrorKind::mismatch, ""), MismatchError);
    EXPECT_THROW(throw_error(ErrorKind::io, ""), IoError);
    EXPECT_THROW(throw_error(ErrorKind::format, ""), FormatError);
    EXPECT_THROW(throw_error(ErrorKind::lock, ""), LockError);
    EXPECT_THROW(throw_error(ErrorKind::backend, ""), BackendError);
    EXPECT_THROW(throw_error(ErrorKind::memory, ""), MemoryError);
    EXPECT_THROW(throw_error(ErrorKind::general, ""), Error);
    EXPECT_THROW(throw_error(static_cast<ErrorKind>(200), ""), Error);  // from a newer version
}

TEST(Error, NamesAreThoseOfTheTypes) {
    EXPECT_STREQ(to_string(ErrorKind::general), "Error");
    EXPECT_STREQ(to_string(ErrorKind::path), "PathError");
    EXPECT_STREQ(to_string(ErrorKind::io), "IoError");
    EXPECT_STREQ(to_string(static_cast<ErrorKind>(200)), "Error");
}

}  // namespace
}  // namespace memdata
