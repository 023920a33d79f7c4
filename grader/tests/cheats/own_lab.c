/* Replaces the functions that report over the channel.
 * Rule: `packet_send` is not in the contract
 */
void packet_send(void *packet) { (void)packet; }
