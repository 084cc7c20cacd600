"""The plan: places as areas with what goes on at each, on a drawing, a picture or a bare map, without any network."""
