"""What the site says beside its pages, and in the pictures of its landing page, in another language."""

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
    "The seqmem authors. Code: BSD 3-Clause; text and figures: CC BY 4.0": (
        "seqmem 的作者。代码：BSD 3-Clause；文字与图片：CC BY 4.0"
    ),
    "How recurrent networks remember and forget": "循环网络怎样记忆，又怎样遗忘",
    "Before the first cell on Colab": "在 Colab 上，第一个单元格之前",
    "The rocket above opens this notebook on Binder, or on Colab. There, put these lines into a cell before the first. "
    "They fetch the rest of the series.": (
        "点上面的火箭，可以在 Binder 或 Colab 上打开这个笔记本（英文版）。"
        "在 Colab 上，请在第一个单元格之前加一个单元格，写入下面几行，它们会取来其余的文件。"
    ),
    # The landing page
    "{mean} ({low} to {high})": "{mean}（{low} 到 {high}）",
    "{mean} points ({low} to {high})": "{mean} 个百分点（{low} 到 {high}）",
    "{mean} % ({min} to {max} %, {seeds} seeds)": "{mean} %（{min} 到 {max} %，{seeds} 个种子）",
    "steps back": "往回的步数",
    "gradient left": "剩下的梯度",
    "Untrained, both fade": "训练之前，两者都衰减",
    "read at the\nlast word": "在最后一个\n词处读出",
    "as\npublished": "照发表的\n做法",
    "points ahead of a vanilla RNN": "比普通 RNN 高出的百分点",
    "The LSTM's lead": "LSTM 的领先",
    "count of words": "统计词频",
    "best recurrent": "最好的循环网络",
    "popular setting": "流行的做法",
    "% of 25,000 right": "25,000 条中答对的 %",
    "Film reviews": "影评",
    "h before": "这一步的 h",
    "h after": "下一步的 h",
    "Two resting places": "两个停留点",
    "write": "写入",
    "hold": "保持",
    "read": "读取",
    "input": "输入门",
    "forget": "遗忘门",
    "output": "输出门",
    "Mean of each gate": "每个门的平均值",
    "judged at\nreads only": "只看\n读取处",
    "must be 0\nelsewhere": "其余各步\n须答 0",
    "solved, of 20": "20 次中解出",
    "With one unit": "只有一个单元",
    "guessing": "随机猜测",
    "steps to remember": "要记住的步数",
    "% right": "答对的 %",
    "One symbol, default start": "一个符号，默认初始化",
}


def word(english: str, language: str) -> str:
    return CHINESE.get(english, english) if language == "zh" else english
