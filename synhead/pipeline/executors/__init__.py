"""Where shards are made: in this process, in processes beside it, or in Ray actors. The work does not know."""
