/* relacy.cpp - the programs of this directory for Relacy, so that both can be timed in one run.
 *
 * usage: relacy NAME random|full ITERATIONS
 *   NAME        treiber3, mutex, spsc3, store_buffering
 *   random      that many random schedules (with weak-memory choices, Relacy's default)
 *   full        Relacy's full search, which ignores ITERATIONS and ends by itself, or not: give it
 *               a time limit from outside
 * Prints one line of JSON: name, scheduler, executions, seconds, complete.
 *
 * Relacy wants objects of its own types instead of C's, and a loop that waits must say so by
 * yielding; apart from that each program is that of the C file. Source: D. Vyukov, Relacy Race
 * Detector, 2008-2013 (Debian: relacy-dev).
 */
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <relacy/relacy.hpp>

namespace {

struct treiber3 : rl::test_suite<treiber3, 3> {
    struct node {
        rl::atomic<node *> next;
        rl::var<int> value;
    };
    rl::atomic<node *> top;
    node nodes[3];
    rl::var<int> taken[3];

    void before() { top.store(0, rl::mo_relaxed, $); }

    void push(node *mine) {
        node *seen = top.load(rl::mo_relaxed, $);
        do mine->next.store(seen, rl::mo_relaxed, $);
        while (!top.compare_exchange_strong(seen, mine, rl::mo_release, $, rl::mo_relaxed, $));
    }

    node *pop() {
        node *seen = top.load(rl::mo_acquire, $);
        while (seen) {
            node *next = seen->next.load(rl::mo_relaxed, $);
            if (top.compare_exchange_strong(seen, next, rl::mo_acquire, $, rl::mo_acquire, $))
                break;
        }
        return seen;
    }

    void thread(unsigned me) {
        VAR(nodes[me].value) = (int)me + 1;
        push(&nodes[me]);
        node *got = pop();
        RL_ASSERT(got != 0);
        VAR(taken[me]) = VAR(got->value);
    }

    void after() { RL_ASSERT(VAR(taken[0]) + VAR(taken[1]) + VAR(taken[2]) == 6); }
};

struct mutex : rl::test_suite<mutex, 2> {
    rl::mutex lock;
    rl::var<int> counter;

    void before() { VAR(counter) = 0; }

    void thread(unsigned) {
        for (int round = 0; round < 2; round++) {
            lock.lock($);
            VAR(counter) = VAR(counter) + 1;
            lock.unlock($);
        }
    }

    void after() { RL_ASSERT(VAR(counter) == 4); }
};

struct spsc3 : rl::test_suite<spsc3, 2> {
    rl::atomic<unsigned> head, tail;
    rl::var<int> slots[2];

    void before() {
        head.store(0, rl::mo_relaxed, $);
        tail.store(0, rl::mo_relaxed, $);
    }

    void produce() {
        for (unsigned n = 0; n < 3; n++) {
            rl::linear_backoff wait;
            while (n - head.load(rl::mo_acquire, $) == 2) wait.yield($);
            VAR(slots[n % 2]) = (int)n + 1;
            tail.store(n + 1, rl::mo_release, $);
        }
    }

    void consume() {
        for (unsigned n = 0; n < 3; n++) {
            rl::linear_backoff wait;
            while (tail.load(rl::mo_acquire, $) == n) wait.yield($);
            RL_ASSERT(VAR(slots[n % 2]) == (int)n + 1);
            head.store(n + 1, rl::mo_release, $);
        }
    }

    void thread(unsigned me) { me == 0 ? produce() : consume(); }
};

struct store_buffering : rl::test_suite<store_buffering, 2> {
    rl::atomic<int> word[2];
    rl::var<int> seen[2];

    void before() {
        word[0].store(0, rl::mo_relaxed, $);
        word[1].store(0, rl::mo_relaxed, $);
    }

    void thread(unsigned me) {
        word[me].store(1, rl::mo_relaxed, $);
        VAR(seen[me]) = word[1 - me].load(rl::mo_relaxed, $);
    }

    void after() { RL_ASSERT(VAR(seen[0]) + VAR(seen[1]) <= 2); }
};

template <typename program>
int measure(const char *name, bool full, unsigned long long iterations) {
    std::ostringstream quiet;
    rl::test_params params;
    params.search_type = full ? rl::fair_full_search_scheduler_type : rl::random_scheduler_type;
    params.iteration_count = iterations;
    params.output_stream = &quiet;
    params.progress_stream = &quiet;
    auto start = std::chrono::steady_clock::now();
    bool good = rl::simulate<program>(params);
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (!good) {
        std::fprintf(stderr, "%s\n", quiet.str().c_str());
        return 1;
    }
    unsigned long long executions = params.stop_iteration;
    std::printf("{\"name\": \"%s\", \"scheduler\": \"%s\", \"executions\": %llu, "
                "\"seconds\": %.6f, \"complete\": %s}\n",
                name, full ? "full" : "random", executions, seconds.count(),
                full ? "true" : "false");
    return 0;
}

} // namespace

int main(int count, char **arguments) {
    if (count != 4) {
        std::fprintf(stderr, "usage: relacy NAME random|full ITERATIONS\n");
        return 2;
    }
    const char *name = arguments[1];
    bool full = std::strcmp(arguments[2], "full") == 0;
    unsigned long long iterations = std::strtoull(arguments[3], 0, 10);
    if (std::strcmp(name, "treiber3") == 0) return measure<treiber3>(name, full, iterations);
    if (std::strcmp(name, "mutex") == 0) return measure<mutex>(name, full, iterations);
    if (std::strcmp(name, "spsc3") == 0) return measure<spsc3>(name, full, iterations);
    if (std::strcmp(name, "store_buffering") == 0)
        return measure<store_buffering>(name, full, iterations);
    std::fprintf(stderr, "relacy: no program \"%s\"\n", name);
    return 2;
}
