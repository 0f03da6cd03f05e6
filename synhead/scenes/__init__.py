"""Where everything random of a sequence is decided: background, lights, camera, placement of the head."""
