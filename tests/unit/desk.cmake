# daemon/desk: the window and the budget alone; the desk as a whole with real children.
copydesk_unit_test(lane SOURCES lane.c LIBRARIES cd_desk)
