// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/mpi_tool.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <vector>

#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// A control variable, opened.
class Variable {
public:
    explicit Variable(const std::string& name) {
        int index = 0;
        if (MPI_T_cvar_get_index(name.c_str(), &index) != MPI_SUCCESS) {
            return;
        }
        std::array<char, 256> text{};
        auto text_length = static_cast<int>(text.size());
        int description_length = 0;
        int verbosity = 0;
        int binding = 0;
        int scope = 0;
        MPI_T_enum enumeration{};
        if (MPI_T_cvar_get_info(index, text.data(), &text_length, &verbosity, &type_, &enumeration, nullptr,
                                &description_length, &binding, &scope) == MPI_SUCCESS) {
            open_ = MPI_T_cvar_handle_alloc(index, nullptr, &handle_, &count_) == MPI_SUCCESS;
        }
    }
    ~Variable() {
        if (open_) {
            MPI_T_cvar_handle_free(&handle_);
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

    [[nodiscard]] std::optional<std::string> read() const {
        if (!open_) {
            return std::nullopt;
        }
        if (type_ == MPI_CHAR) {
            std::vector<char> text(static_cast<std::size_t>(std::max(count_, 4096)) + 1, '\0');
            if (MPI_T_cvar_read(handle_, text.data()) != MPI_SUCCESS) {
                return std::nullopt;
            }
            return std::string(text.data());
        }
        if (type_ == MPI_C_BOOL || type_ == MPI_CXX_BOOL) {
            bool yes = false;
            return MPI_T_cvar_read(handle_, &yes) == MPI_SUCCESS ? std::optional<std::string>(yes ? "1" : "0")
                                                                 : std::nullopt;
        }
        int number = 0;
        if (type_ != MPI_INT || count_ != 1 || MPI_T_cvar_read(handle_, &number) != MPI_SUCCESS) {
            return std::nullopt;
        }
        return std::to_string(number);
    }
    [[nodiscard]] bool write_text(const std::string& value) const {
        return open_ && type_ == MPI_CHAR && MPI_T_cvar_write(handle_, value.c_str()) == MPI_SUCCESS;
    }

private:
    MPI_T_cvar_handle handle_{};
    MPI_Datatype type_ = MPI_DATATYPE_NULL;
    int count_ = 0;
    bool open_ = false;
};

}  // namespace

ToolSession::ToolSession() {
    // Open MPI takes the level given here for that of the whole process: it has to be the one it gave before.
    int level = MPI_THREAD_SINGLE;
    mpi::check(MPI_Query_thread(&level), "MPI_Query_thread");
    mpi::check(MPI_T_init_thread(level, &level), "MPI_T_init_thread");
}

ToolSession::~ToolSession() { MPI_T_finalize(); }

std::optional<std::string> ToolSession::read(const std::string& name) const { return Variable(name).read(); }

bool ToolSession::write(const std::string& name, const std::string& value) const {
    return Variable(name).write_text(value);
}

}  // namespace memdata::io
