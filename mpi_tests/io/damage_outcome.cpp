// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "damage_outcome.hpp"

#include <sys/resource.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <typeinfo>

namespace memdata_test {

namespace md = memdata;
namespace fs = std::filesystem;

namespace {

/// What may not be, whatever the file.
struct Bad : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string describe(const md::Communicator& comm, const md::MemGroup& tree) {
    try {
        md::check_same_tree(comm, tree);
    } catch (const md::MismatchError& error) {
        throw Bad(error.what());
    }
    int nodes = 0;
    tree.visit([&](const md::MemNode&) { ++nodes; });
    return "loaded " + std::to_string(nodes) + " nodes";
}

std::string load_otherwise(const md::Communicator& comm, const std::string& file) {
    md::LoadOptions options{.hints = false};
    options.transfer.way = md::TransferWay::direct;
    const md::MemGroup common = md::load(comm, file, options);
    options.transfer.way = md::TransferWay::exchange;
    common.visit([&](const md::MemNode& node) {
        if (node.is_dataset() && node.as_dataset().shape().ndim() > 0 && !node.as_dataset().storage().null_space) {
            options.distribute[node.path()] = md::Axis{-1};
            options.select[node.path()] = md::Selection{}.on(md::Axis{0}, md::slice(0, std::nullopt, 2));
        }
    });
    const std::string before = describe(comm, common);
    return before + ", " + describe(comm, md::load(comm, file, options));
}

std::string load_part(const md::Communicator& comm, const std::string& file) {
    const md::LoadOptions options{.only = {"f64"},
                                  .select = {{"f64", md::Selection{}.on(md::Axis{-1}, {1, 0})}},
                                  .distribute = {{"f64", md::Axis{0}}},
                                  .convert = {{"f64", {md::TypeKind::float32, md::Conversion::lossy}}}};
    return describe(comm, md::load(comm, file, options));
}

/// A copy of a file, as long as this lives; none of what is no file.
class Copy {
public:
    Copy(const md::Communicator& comm, const std::string& file)
        : comm_(comm), name(fs::path(file).parent_path() / "copy.h5") {
        if (comm.rank() == 0) {
            std::error_code failed;  // links in circles, say
            fs::remove(name, failed);
            if (fs::is_regular_file(file, failed)) {
                fs::copy_file(file, name);
            }
        }
        comm.barrier();
    }
    ~Copy() {
        if (comm_.rank() == 0) {
            std::error_code ignored;
            fs::remove(name, ignored);
        }
    }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    /// Does anything beside the copy show that somebody was writing it?
    [[nodiscard]] bool left_something() const {
        return fs::exists(fs::path(name).parent_path() / ".copy.h5") ||
               fs::exists(fs::path(name).parent_path() / ".copy.h5.lock");
    }

private:
    const md::Communicator& comm_;

public:
    const std::string name;
};

std::string save_again(const md::Communicator& comm, const std::string& file) {
    const Copy copy(comm, file);
    const md::MemGroup tree = md::load(comm, file);
    md::save(tree, copy.name, {.sync = false});
    const std::string again = describe(comm, md::load(comm, copy.name));
    return again == describe(comm, tree) ? "saved, " + again : throw Bad("saved again it is " + again);
}

std::string update(const md::Communicator& comm, const std::string& file) {
    const Copy copy(comm, file);
    const std::string before = bytes_of(copy.name);
    md::MemGroup tree(comm);
    tree.attrs()["updated"] = 1;
    tree.create_dataset("added", md::MPIArray::full(comm, {5, 3}, md::Axis{0}, 1.25));
    tree.create_dataset("f64", md::MPIArray::full(comm, {6, 4}, md::Axis{1}, 2.5));
    tree.create_dataset("even/packed", md::MPIArray::full(comm, {9, 4}, md::Axis{0}, 7),
                        {.chunks = {2, 2}, .filters = {md::Deflate{1}}});
    try {
        md::save(tree, copy.name, {.if_exists = md::IfExists::update, .sync = false});
    } catch (const md::Error&) {
        if (comm.rank() == 0 && bytes_of(copy.name) != before) {
            throw Bad("the old file is not what it was");
        }
        if (comm.rank() == 0 && copy.left_something()) {
            throw Bad("files are left behind");
        }
        throw;
    }
    const md::Array added = md::load_common(comm, copy.name, "added");
    return added == md::Array::full({5, 3}, 1.25) ? "updated" : "updated, but what was added is damaged";
}

std::string run(const md::Communicator& comm, char operation, const std::string& file) {
    switch (operation) {
        case 'a':
            return describe(comm, md::load(comm, file));
        case 'b':
            return load_otherwise(comm, file);
        case 'c':
            return load_part(comm, file);
        case 'd':
            return save_again(comm, file);
        default:
            return update(comm, file);
    }
}

}  // namespace

std::string try_operation(const md::Communicator& comm, char operation, const std::string& file) {
    try {
        return run(comm, operation, file);
    } catch (const md::Error& error) {
        const bool foreign = error.kind() == md::ErrorKind::general;
        return std::string(foreign ? "bad: " : "") + md::to_string(error.kind()) + ": " + error.what();
    } catch (const std::exception& error) {
        return std::string("bad: ") + typeid(error).name() + ": " + error.what();
    }
}

void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__)
    constexpr rlim_t most = rlim_t{4} << 30U;
    const struct rlimit limit { most, most };
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        throw std::runtime_error("setrlimit failed");
    }
#endif
}

}  // namespace memdata_test
