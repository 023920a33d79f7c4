/* Computes something, with a child, a file and a few threads, and says what came of it. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long sums[4];

static void *sum(void *which) {
    unsigned long *mine = which;
    for (unsigned long i = 0; i < 3000000; i++) *mine += i % 7;
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, sum, &sums[i]) != 0) return 1;
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    FILE *file = fopen("/scratch/result", "w");
    if (!file || fprintf(file, "%lu\n", sums[0]) < 0 || fclose(file) != 0) return 2;
    pid_t child = fork();
    if (child == 0) _exit(5);
    int status = 0;
    waitpid(child, &status, 0);
    printf("%lu %lu %d\n", sums[0], sums[3], WEXITSTATUS(status));
    return 7;
}
