// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "h5/chunk_guard.hpp"
#include "h5/lzf.hpp"
#include "h5/memory_file.hpp"

namespace memdata::h5 {

namespace {

constexpr H5Z_filter_t bitshuffle = 32008;
constexpr H5Z_filter_t lzf = 32000;

/// Takes out what the filters made of their options when the dataset was made (set_local).
void keep_what_was_given(Filter& filter) {
    std::vector<unsigned>& options = filter.options;
    const auto keep_first = [&](std::size_t count) { options.resize(std::min(options.size(), count)); };
    switch (filter.id) {
        case H5Z_FILTER_SHUFFLE:
        case H5Z_FILTER_FLETCHER32:
        case H5Z_FILTER_NBIT:
        case lzf:
            options.clear();
            break;
        case H5Z_FILTER_SZIP:
            keep_first(2);
            if (!options.empty()) {
                options[0] =
                    (options[0] & H5_SZIP_NN_OPTION_MASK) != 0 ? H5_SZIP_NN_OPTION_MASK : H5_SZIP_EC_OPTION_MASK;
            }
            break;
        case H5Z_FILTER_SCALEOFFSET:
            keep_first(2);
            break;
        case bitshuffle:  // version, version, size of an element; it would put them before the options once more
            if (options.size() >= 3) {
                options.erase(options.begin(), options.begin() + 3);
            }
            break;
        default:
            break;
    }
}

/// What H5Pset_szip adds by itself, too.
std::vector<unsigned> options_for_hdf5(const Filter& filter) {
    std::vector<unsigned> options = filter.options;
    if (filter.id == H5Z_FILTER_SZIP && !options.empty()) {
        constexpr unsigned raw = 128;  // SZ_RAW_OPTION_MASK of szlib.h
        options[0] |= H5_SZIP_ALLOW_K13_OPTION_MASK | raw;
    }
    return options;
}

/// Where plugins are looked for.
std::string plugin_path() {
    const char* path = std::getenv("HDF5_PLUGIN_PATH");
    return path != nullptr ? fmt::format("HDF5_PLUGIN_PATH is '{}'", path) : "HDF5_PLUGIN_PATH is not set";
}

std::string how_to_get(const Filter& filter) {
    return fmt::format("install its plugin for the HDF5 in use{} ({})",
                       filter.id == lzf ? ", or build memdata where liblzf is (Debian: liblzf-dev)" : "",
                       plugin_path());
}

/// Is the filter there and, as far as it is, what of H5Z_FILTER_CONFIG_* can it do?
struct Ability {
    bool present = false;
    unsigned flags = 0;
    explicit Ability(const Filter& filter) {
        present = has_filter(filter.id);
        if (present && H5Zget_filter_info(filter.id, &flags) < 0) {
            present = false;
        }
        H5Eclear2(H5E_DEFAULT);
    }
};

/// Makes a dataset of one chunk in memory, with the filters mandatory: HDF5 and the filters then say what they refuse.
/// Returns the reason, or nothing.
std::string refusal(const std::vector<Filter>& filters, const Dtype& file_dtype, const Shape& chunk,
                    const std::string& path) {
    const ErrorContext context{.path = path};
    const PropertyList list = chunked_properties(chunk, context);
    check(H5Pset_alloc_time(list.get(), H5D_ALLOC_TIME_INCR), "H5Pset_alloc_time", context);
    for (Filter filter : filters) {
        // Of variable-length data HDF5 filters nothing, and an optional filter is then no error.
        filter.mandatory = filter.mandatory || file_dtype.is_trivial();
        try {
            add_filters(list.get(), {filter}, context);
        } catch (const IoError& error) {
            return error.what();
        }
    }
    const File file = memory_file(context);
    if (!make_one_chunk(file, file_dtype, chunk, list.get()).is_open()) {
        return error_stack();
    }
    return "";
}

}  // namespace

bool has_filter(int id) {
    if (id == lzf) {
        register_lzf();
    }
    const bool present = !is_chunk_guard(id) && H5Zfilter_avail(id) > 0;
    H5Eclear2(H5E_DEFAULT);
    return present;
}

bool knows_given_options(int id) {
    return id < H5Z_FILTER_RESERVED || id == lzf || id == bitshuffle;  // see keep_what_was_given()
}

void add_filters(hid_t list, const std::vector<Filter>& filters, const ErrorContext& context) {
    for (const Filter& filter : filters) {
        const std::vector<unsigned> options = options_for_hdf5(filter);
        const unsigned flags = filter.mandatory ? H5Z_FLAG_MANDATORY : H5Z_FLAG_OPTIONAL;
        check(H5Pset_filter(list, filter.id, flags, options.size(), options.data()), "H5Pset_filter", context);
    }
}

std::vector<Filter> read_filters(hid_t list, const ErrorContext& context) {
    std::vector<Filter> filters;
    const int count = check(H5Pget_nfilters(list), "H5Pget_nfilters", context);
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        Filter filter;
        unsigned flags = 0;
        unsigned configuration = 0;
        std::size_t options = 0;
        check(H5Pget_filter2(list, i, &flags, &options, nullptr, 0, nullptr, &configuration), "H5Pget_filter2",
              context);
        filter.options.resize(options);
        filter.id = check(H5Pget_filter2(list, i, &flags, &options, filter.options.data(), 0, nullptr, &configuration),
                          "H5Pget_filter2", context);
        filter.mandatory = (flags & H5Z_FLAG_OPTIONAL) == 0;
        keep_what_was_given(filter);
        filters.push_back(std::move(filter));
    }
    return filters;
}

std::vector<std::string> filter_names(hid_t list, const ErrorContext& context) {
    std::vector<std::string> names;
    const int count = check(H5Pget_nfilters(list), "H5Pget_nfilters", context);
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        std::array<char, 256> name{};
        unsigned flags = 0;
        unsigned configuration = 0;
        std::size_t options = 0;
        check(H5Pget_filter2(list, i, &flags, &options, nullptr, name.size() - 1, name.data(), &configuration),
              "H5Pget_filter2", context);
        names.emplace_back(name.data());
    }
    return names;
}

void check_can_write(const Storage& storage, const Dtype& file_dtype, const std::string& path) {
    const auto fail = [&](const Filter& filter, const std::string& why) {
        throw ArgumentError(
            fmt::format("'{}' cannot be written with {} (filter {}): {}", path, to_string(filter), filter.id, why),
            {.path = path, .dtype = to_string(file_dtype)});
    };
    for (const Filter& filter : storage.filters) {
        const Ability ability(filter);
        if (!ability.present) {
            fail(filter, "this HDF5 does not have it: " + how_to_get(filter));
        }
        if ((ability.flags & H5Z_FILTER_CONFIG_ENCODE_ENABLED) == 0) {
            fail(filter, "it is here for reading only");
        }
    }
    if (storage.filters.empty()) {
        return;
    }
    if (const std::string reason = too_many_to_guard(storage.filters); !reason.empty() && file_dtype.is_trivial()) {
        fail(storage.filters.front(), reason);  // nobody could load it
    }
    const Shape chunk(storage.chunks);
    if (const std::string reason = refusal(storage.filters, file_dtype, chunk, path); !reason.empty()) {
        for (const Filter& filter : storage.filters) {  // which of them is it?
            if (const std::string own = refusal({filter}, file_dtype, chunk, path); !own.empty()) {
                fail(filter, fmt::format("it does not go with {} in chunks {}: {}", to_string(file_dtype),
                                         to_string(chunk), own));
            }
        }
        fail(storage.filters.front(), "together with the others: " + reason);
    }
}

void check_can_write_in_parallel(const std::vector<Filter>& filters, const std::string& path) {
    for (const Filter& filter : filters) {
        if (filter.id != H5Z_FILTER_DEFLATE && filter.id != H5Z_FILTER_SHUFFLE && filter.id != H5Z_FILTER_FLETCHER32) {
            throw ArgumentError(
                fmt::format("'{}' cannot be written with {} by HDF5's collective calls, which lose track "
                            "of chunks that it cannot make smaller: choose another TransferWay",
                            path, to_string(filter)),
                {.path = path});
        }
    }
}

void check_can_read(const std::vector<Filter>& filters, const std::vector<std::string>& names,
                    const std::string& path) {
    for (std::size_t i = 0; i < filters.size(); ++i) {
        const Filter& filter = filters[i];
        const Ability ability(filter);
        if (!ability.present || (ability.flags & H5Z_FILTER_CONFIG_DECODE_ENABLED) == 0) {
            const std::string name = i < names.size() && !names[i].empty() ? fmt::format(" '{}'", names[i]) : "";
            throw IoError(
                fmt::format("'{}' cannot be read: it was written with filter {}{}, which this HDF5 {}: {}", path,
                            filter.id, name, ability.present ? "can only write" : "does not have", how_to_get(filter)),
                {.path = path});
        }
    }
}

}  // namespace memdata::h5
