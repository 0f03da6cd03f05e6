"""The OpenGL engine; import `synhead.render.open_renderer` instead, which loads it when it is asked for."""
