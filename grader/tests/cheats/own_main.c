/* Brings a program of its own.
 * Rule: `main` is not in the contract
 */
int main(void) { return 0; }
