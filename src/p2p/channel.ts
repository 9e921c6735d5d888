/**
 * A stream of bytes in each direction: the pipes of a process, a socket, standard input and output, or one end of a pair
 * in memory. The line protocol (design/p2p_protocol) runs over any of them.
 */

export interface Channel {
  /**
   * The next bytes from the other side, as many as are there; undefined at its end. They may be overwritten by the next
   * read. One read at a time. Rejects when the channel broke or was destroyed.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Resolves when the bytes were taken and may be reused, at the pace at which the other side reads. Writes are in the
   * order of the calls. Rejects when the channel broke or was destroyed.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that no more will be written. What was written before arrives; reading goes on. Never rejects. */
  end(): Promise<void>;
  /** Ends both directions at once; what is pending rejects with `reason`. Never throws; repeated calls do nothing. */
  destroy(reason?: Error): void;
}
