"""The compiled engine for processors without a graphics driver; import `synhead.render.open_renderer` instead."""
