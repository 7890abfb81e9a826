// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::h5 {

using SharedType = std::shared_ptr<const Type>;
using SharedSpace = std::shared_ptr<const Space>;

/// What read_type() and is_stored_as() say of the element type of something in a file.
struct FileType {
    Type type = {};  ///< in HDF5
    H5T_class_t kind = H5T_NO_CLASS;
    std::size_t bytes = 0;                ///< of an element in the file
    H5T_cset_t charset = H5T_CSET_ERROR;  ///< of a string
    H5T_str_t padding = H5T_STR_ERROR;    ///< the same
    bool has_references = false;          ///< itself, or in sequences or compounds: no Dtype then
    Dtype dtype = {};
    bool is_stored_as = false;
    SharedType memory = {};  ///< for read_elements()
};

/// HDF5 types and spaces that many attributes and datasets have in common: of one save or load, while its file is open.
/// Making one costs HDF5 about as much as writing or reading a small attribute. It remembers the last few, so that a
/// tree of many types costs no more than without it.
class HandleCache {
public:
    /// make_type(dtype)
    [[nodiscard]] SharedType type(const Dtype& dtype);
    /// make_space(shape)
    [[nodiscard]] SharedSpace space(const Shape& shape);
    /// Of a type in a file; throws as read_type() does, with the path.
    [[nodiscard]] std::shared_ptr<const FileType> file_type(hid_t type, const std::function<std::string()>& path);

private:
    template <class Entry>
    class Recent {
    public:
        template <class Matches>
        [[nodiscard]] const Entry* find(Matches&& matches) const {
            for (const Entry& entry : entries_) {
                if (matches(entry)) {
                    return &entry;
                }
            }
            return nullptr;
        }
        /// In the place of the oldest when there are many.
        const Entry& add(Entry entry) {
            constexpr std::size_t most = 16;
            if (entries_.size() < most) {
                return entries_.emplace_back(std::move(entry));
            }
            oldest_ = (oldest_ + 1) % most;
            return entries_[oldest_] = std::move(entry);
        }

    private:
        std::vector<Entry> entries_;
        std::size_t oldest_ = 0;
    };
    struct MadeType {
        Dtype dtype;
        SharedType type;
    };
    struct MadeSpace {
        Shape shape;
        SharedSpace space;
    };

    Recent<MadeType> types_;
    Recent<MadeSpace> spaces_;
    Recent<std::shared_ptr<const FileType>> file_types_;
};

}  // namespace memdata::h5
