"""What the site itself says, beside what stands in its pages, in another language."""

CHINESE = {
    "Code": "代码",
    "Solution": "参考解答",
    "Show what happened": "看看结果",
    "Show this section": "展开这一节",
    "Search": "搜索",
    "Core": "核心部分",
    "Building": "搭建",
    "Training": "训练",
    "Deeper": "更进一步",
    "about {} minutes": "约 {} 分钟",
    "How recurrent networks remember and forget": "循环网络怎样记忆，又怎样遗忘",
    "Before the first cell on Colab": "在 Colab 上，第一个单元格之前",
    "The rocket above opens this notebook on Binder, or on Colab. There, put these lines into a cell before the first. "
    "They fetch the rest of the series.": (
        "点上面的火箭，可以在 Binder 或 Colab 上打开这个笔记本（英文版）。"
        "在 Colab 上，请在第一个单元格之前加一个单元格，写入下面几行，它们会取来其余的文件。"
    ),
}


def word(english: str, language: str) -> str:
    return CHINESE.get(english, english) if language == "zh" else english
