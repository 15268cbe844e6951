"""The one reader of pictures: uploads, commands, training and evaluation all call `read_picture`.

It needs Pillow alone (and pillow-heif once a HEIC file comes), so that web processes stay small.
docs/pictures.md has the table of what is taken, converted and refused.
"""
