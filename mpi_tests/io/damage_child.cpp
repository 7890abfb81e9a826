// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "damage_child.hpp"

#include <execinfo.h>
#include <fcntl.h>
#include <mpi.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string_view>

namespace memdata_test {

namespace {

constexpr int exception_status = 98;
constexpr int time_status = 99;

void print(std::string_view text) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

/// On a stack of its own: the usual one may be what ran out.
void on_signal(int number) {
    std::array<void*, 60> frames{};
    print(number == SIGALRM ? "\nTIME LIMIT\n" : "\nCRASH\n");
    backtrace_symbols_fd(frames.data(), backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
    if (number == SIGALRM) {
        _exit(time_status);
    }
    signal(number, SIG_DFL);
    raise(number);
}

void catch_signals() {
    static std::array<char, 256 * 1024> stack{};
    const stack_t other{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    sigaltstack(&other, nullptr);
    std::array<void*, 2> warm_up{};
    backtrace(warm_up.data(), 2);  // loads libgcc now
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    for (const int number : {SIGALRM, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGSEGV}) {
        sigaction(number, &action, nullptr);
    }
}

[[noreturn]] void be_child(const std::string& log, const std::function<void()>& body) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 1);  // no daemon for this one process
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    catch_signals();
    try {
        body();
    } catch (const std::exception& error) {
        print(std::string("\nEXCEPTION ") + error.what() + "\n");
        _exit(exception_status);
    }
    _exit(0);  // nothing else is to be undone
}

/// "libhdf5_openmpi.so.103(H5F_open+0x1f)" of a line that backtrace_symbols_fd() or a sanitiser printed.
std::string short_frame(std::string_view line) {
    const std::size_t slash = line.find_last_of('/', line.find_first_of("(+"));
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    return std::string(line.substr(begin, line.find('[') - begin));
}

/// The first frame behind the signal that is neither the C nor the C++ library's.
void find_where(const std::string& log, Death& death) {
    std::ifstream in(log);
    bool crashed = false;
    bool behind_signal = false;
    for (std::string line; std::getline(in, line);) {
        if (line == "CRASH" || line == "TIME LIMIT" || line.find("ERROR: AddressSanitizer") != std::string::npos ||
            line.find("runtime error:") != std::string::npos) {
            crashed = true;
            behind_signal = line != "CRASH" && line != "TIME LIMIT";
            death.where = line;
            continue;
        }
        const bool is_frame = line.find('[') != std::string::npos || line.find(" in ") != std::string::npos;
        if (!crashed || !is_frame) {
            continue;
        }
        bool is_system = false;
        for (const char* library : {"/libc.so", "/ld-linux", "/libstdc++", "/libm.so", "/libgcc", "/libasan",
                                    "/libubsan", "sanitizer_common"}) {
            is_system = is_system || line.find(library) != std::string::npos;
        }
        if (is_system) {
            behind_signal = true;
        } else if (behind_signal) {
            death.where = short_frame(line);
            for (const char* library : {"libhdf5", "libsz.so", "libaec", "libz.so"}) {
                death.in_libhdf5 = death.in_libhdf5 || line.find(library) != std::string::npos;
            }
            return;
        }
    }
}

}  // namespace

Step& shared_step() {
    static Step* const step = [] {
        void* const room = mmap(nullptr, sizeof(Step), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) {
            throw std::runtime_error("mmap failed");
        }
        return new (room) Step;
    }();
    return *step;
}

Death run_child(const std::string& log, const std::function<void()>& body) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        throw std::runtime_error("fork failed");
    }
    if (child == 0) {
        be_child(log, body);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
    }
    Death death;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return death;
    }
    death.happened = true;
    death.how = WIFSIGNALED(status)                       ? "signal " + std::to_string(WTERMSIG(status))
                : WEXITSTATUS(status) == time_status      ? "time limit"
                : WEXITSTATUS(status) == exception_status ? "exception"
                                                          : "status " + std::to_string(WEXITSTATUS(status));
    find_where(log, death);
    return death;
}

void limit_time(unsigned seconds) { alarm(seconds); }

}  // namespace memdata_test
